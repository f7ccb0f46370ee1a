/** The panel beside the item: the classes, the selected element, and the list of all elements. */

import { Details } from "./details.js";
import { ElementList } from "./list.js";
import { Palette } from "./palette.js";

const CONTROLS = "[data-palette] button, [data-details] :is(input, select), [data-relations] button";

/** A probability as a whole percentage, never rounded up to certainty. */
function percent(part) { return `${Math.min(99, Math.round(part * 100))}%`; }

export class Panel {
  #editor;
  #palette;
  #list;
  #details;

  constructor(editor) {
    this.#editor = editor;
    const find = (name) => editor.querySelector(`[data-${name}]`);
    this.#palette = new Palette(find("palette"), {
      classes: editor.task.classes,
      onPick: (name, event) => editor.pick(name, event),
    });
    this.#list = new ElementList(find("elements"), {
      rowOf: (element) => this.#row(element),
      onSelect: (id) => editor.select(id, { shows: true }),
    });
    this.#details = new Details(find("details"), {
      declared: editor.task.settings.attributes,
      onSay: (name, text) => editor.attribute(name, text),
    });
    editor.addEventListener("pointerdown", () => editor.hold());
    editor.addEventListener("click", (event) => {
      const button = event.target.closest("[data-edit]");
      if (button && !button.disabled) editor.actions[button.dataset.edit]?.(event);
    });
  }

  /** What of these attributes elements of the class can have. */
  kept(attributes, label) { return this.#details.kept(attributes, label); }

  /** The first attribute of the chosen element has the focus; false where it has none. */
  describe(element) {
    if (!element || !this.#details.has(element.label)) return false;
    this.#details.focus();
    return true;
  }

  draw() {
    const editor = this.#editor;
    const { elements, chosen } = editor;
    this.#list.show(elements, editor.selected);
    this.#palette.show(chosen?.label ?? editor.current);
    this.#details.show(chosen, chosen ? { head: this.#head(chosen), extra: editor.extras(chosen) } : {});
    const open = elements.filter((one) => editor.isOpen(one)).length;
    editor.querySelector("[data-count]").textContent = `${elements.length}${open ? `, ${open} not looked at` : ""}`;
    for (const button of editor.querySelectorAll("[data-edit]")) {
      const idle = {
        undo_edit: !editor.model.canUndo, redo_edit: !editor.model.canRedo, delete: !chosen, nothing: elements.length > 0,
      }[button.dataset.edit];
      button.disabled = Boolean(idle) || editor.readingOnly;
    }
    // What is read only can be looked through: the list stays.
    for (const control of editor.querySelectorAll(CONTROLS)) control.disabled = editor.readingOnly;
  }

  #head(element) {
    const part = this.#editor.partOf(element);
    const sure = part === null ? "" : ` · ${percent(part)}${this.#editor.isLow(element) ? ", under its threshold" : ""}`;
    return `${this.#editor.nameOf(element)}${sure}`;
  }

  #row(element) {
    const editor = this.#editor;
    const { title, color, shape } = editor.classOf(element.label);
    const part = editor.partOf(element);
    const marks = editor.isLow(element) ? "low" : editor.isOpen(element) ? "open" : "seen";
    const sign = { low: "?", open: "", seen: "✓" }[marks];
    const note = [part === null ? "" : percent(part), sign].filter(Boolean).join(" ");
    return { label: title, color, shape, text: editor.textOf(element), note, marks };
  }
}
