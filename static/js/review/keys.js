/**
 * One table of keys, one listener. Letters go by `event.key`, and by `event.code` where the layout is not Latin;
 * digits by `event.code`, because some layouts type digits with Shift. Every action is a visible button as well.
 */

const DIGIT = /^(?:Digit|Numpad)([0-9])$/;
const LETTER = /^Key([A-Z])$/;

/** Keys that do the same for everybody and stay when single-character keys are off. */
const FIXED = { Enter: "accept", Backspace: "undo", Escape: "leave" };

/** Whether somebody is typing into the element. */
function isTyping(element) {
  return Boolean(element.closest?.(
    "input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable]:not([contenteditable=false])",
  ));
}

/** The character that the key means, in lower case, or the key's name. */
export function keyOf(event) {
  if (event.key.length !== 1) return event.key;
  const letter = LETTER.exec(event.code);
  const foreign = event.key.charCodeAt(0) > 127;
  return (foreign && letter ? letter[1] : event.key).toLowerCase();
}

/** The digit's place in the row: "1" to "0", with "+" in front for Shift; null for other keys. */
export function digitOf(event) {
  const match = DIGIT.exec(event.code);
  if (!match || (event.code.startsWith("Numpad") && !/^[0-9]$/.test(event.key))) return null;
  return event.shiftKey ? `+${match[1]}` : match[1];
}

export class Keys {
  #actions;
  #byKey = new Map();
  #off;
  #onDigit;

  /**
   * `map`: action name -> character. `actions`: action name -> function(event). `onDigit`: function(digit, event)
   * that says whether the digit means something. `off`: no single-character keys.
   */
  constructor({ map, actions, onDigit = () => false, off = false }) {
    this.#actions = actions;
    this.#onDigit = onDigit;
    this.#off = off;
    for (const [name, key] of Object.entries(map)) this.#byKey.set(key, name);
    document.addEventListener("keydown", (event) => this.#onKeydown(event));
  }

  #onKeydown(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const run = this.#meaning(event);
    if (!run) return;
    event.preventDefault();
    // A key that is held down decides once.
    if (!event.repeat) run();
  }

  #meaning(event) {
    const key = keyOf(event);
    const fixed = FIXED[key];
    // Enter on a button, link or summary is theirs.
    if (key === "Enter" && event.target.closest?.("button, a[href], summary")) return null;
    if (fixed) return this.#bound(fixed, event);
    if (this.#actions[key] && key.length > 1) return this.#bound(key, event);
    if (this.#off) return null;
    // Somebody may have chosen a letter that is not Latin.
    const name = this.#byKey.get(event.key.toLowerCase()) ?? this.#byKey.get(key);
    if (name) return this.#bound(name, event);
    const digit = digitOf(event);
    return digit ? () => this.#onDigit(digit, event) : null;
  }

  #bound(name, event) {
    const action = this.#actions[name];
    return action ? () => action(event) : null;
  }
}
