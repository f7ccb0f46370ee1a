/**
 * Finding a class by typing, in a dialog beside the item: for screens whose classes do not stand beside it in a list of
 * their own. With nothing typed it lists the item's likeliest classes and those used last.
 */

import { ClassBox } from "./class_box.js";

export class Finder {
  #dialog;
  #box;

  /** `classes`: as the server lists them; `onPick`: function(name, event). */
  constructor({ dialog, classes, onPick }) {
    this.#dialog = dialog;
    this.#box = new ClassBox({
      root: dialog,
      classes,
      onPick: (name, event) => { dialog.close(); onPick(name, event); },
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  /** Open with these class names first: the item's likeliest. */
  open(first = []) {
    this.#dialog.showModal();
    this.#box.reset(() => first);
    this.#box.focus();
  }
}
