/**
 * One listener for all keys. The tables of the editor and of the viewer are asked first, then that of the screen. Letters go by
 * `event.key`, and by `event.code` where the layout is not Latin; digits by `event.code`, because some layouts type
 * digits with Shift. Every action is a visible button as well.
 */

const DIGIT = /^(?:Digit|Numpad)([0-9])$/;
const LETTER = /^Key([A-Z])$/;

/** Keys that do the same for everybody and stay when single-character keys are off. */
const FIXED = { Enter: "accept", Backspace: "undo", Escape: "leave" };

/** Keys of editors and viewers that go on while they are held; all others count once. */
const REPEATING = /Arrow(?:Left|Right|Up|Down)$|Tab$|Page(?:Up|Down)$|^[[\]]$/;

/** Whether somebody is typing into the element. */
function isTyping(element) {
  return Boolean(element.closest?.(
    "input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=range]), textarea, select, [contenteditable]:not([contenteditable=false])",
  ));
}

/** Keys that belong to the control that has the focus. */
function isTheirs(key, element) {
  if (key === "Enter" || key === " ") return Boolean(element.closest?.("button, a[href], summary, label"));
  return /^(?:Arrow|Home|End|Page)/.test(key) && Boolean(element.closest?.("input, summary"));
}

/** The character that the key means, in lower case, or the key's name. */
export function keyOf(event) {
  if (event.key.length !== 1) return event.key;
  const letter = LETTER.exec(event.code);
  const foreign = event.key.charCodeAt(0) > 127;
  return (foreign && letter ? letter[1] : event.key).toLowerCase();
}

/** The key with what is held besides: "Shift+Tab", "Control+z", "Shift+Alt+ArrowLeft". A character's Shift is in it. */
export function comboOf(event) {
  const key = keyOf(event);
  const held = event.altKey || event.ctrlKey || event.metaKey;
  const shift = event.shiftKey && (key.length > 1 || held) ? "Shift+" : "";
  return `${shift}${event.altKey ? "Alt+" : ""}${event.ctrlKey || event.metaKey ? "Control+" : ""}${key}`;
}

/** The digit's place in the row: "1" to "0", with "+" in front for Shift; null for other keys. */
export function digitOf(event) {
  const match = DIGIT.exec(event.code);
  if (!match || (event.code.startsWith("Numpad") && !/^[0-9]$/.test(event.key))) return null;
  return event.shiftKey ? `+${match[1]}` : match[1];
}

/** Key -> action name. */
function namesOf(keys) {
  return new Map(Object.entries(keys).flatMap(([name, all]) => all.map((key) => [key, name])));
}

export class Keys {
  #actions;
  #byKey = new Map();
  #plugged;
  #off;
  #onDigit;

  /**
   * `map`: action name -> character. `actions`: action name -> function(event). `onDigit`: function(digit, event)
   * that says whether the digit means something. `off`: no single-character keys. `plugged`: [{keys, actions}] of
   * what is asked first: action name -> its keys, and function() that gives the actions that may be used now, or null.
   */
  constructor({ map, actions, onDigit = () => false, off = false, plugged = [] }) {
    this.#actions = actions;
    this.#onDigit = onDigit;
    this.#off = off;
    this.#plugged = plugged.map(({ keys, actions: now }) => ({ now, names: namesOf(keys) }));
    for (const [name, key] of Object.entries(map)) this.#byKey.set(key, name);
    document.addEventListener("keydown", (event) => this.#onKeydown(event));
  }

  #onKeydown(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (isTheirs(keyOf(event), event.target)) return;
    if (this.#plugged.some((one) => this.#takes(one, event))) { event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const run = this.#meaning(event);
    if (!run) return;
    event.preventDefault();
    // A key that is held down decides once.
    if (!event.repeat) run();
  }

  #takes({ names, now }, event) {
    const combo = comboOf(event);
    if (this.#off && combo.length === 1) return false;
    const action = names.has(combo) ? now()?.[names.get(combo)] : null;
    if (!action) return false;
    return (event.repeat && !REPEATING.test(combo)) || action(event) !== false;
  }

  #meaning(event) {
    const key = keyOf(event);
    const fixed = FIXED[key];
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
