/** The classes as buttons: what a new element gets, and what the chosen one becomes. */

import { setName } from "../../../shared/names.js";
import { swatch } from "../../swatch.js";

export class Palette {
  #root;
  #buttons = new Map();

  /** `classes`: the task's; `onPick`: function(name, event). */
  constructor(root, { classes, onPick }) {
    this.#root = root;
    for (const one of classes) this.#buttons.set(one.name, this.#button(one));
    root.replaceChildren(...this.#buttons.values());
    // What is selected in the text stays so.
    root.addEventListener("mousedown", (event) => event.preventDefault());
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-class]");
      if (button && !button.disabled) onPick(button.dataset.class, event);
    });
  }

  /** `current`: the class of what is chosen, or that new elements get; "" for none. */
  show(current) {
    for (const [name, button] of this.#buttons) button.setAttribute("aria-pressed", String(name === current));
    this.#buttons.get(current)?.scrollIntoView({ block: "nearest" });
  }

  #button(one) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "class-button";
    button.dataset.class = one.name;
    if (one.path) button.title = one.path;
    const title = document.createElement("span");
    title.className = "class-title";
    setName(title, one.title);
    button.append(swatch(one), title);
    if (one.key) {
      const cap = document.createElement("kbd");
      cap.textContent = one.key.replace("+", "⇧");
      button.setAttribute("aria-keyshortcuts", one.key.replace("+", "Shift+"));
      button.append(cap);
    }
    return button;
  }
}
