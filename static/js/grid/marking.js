/** Marking cells: as wrong, or with their right class by a digit or by its name. */

import { isMarked, markCell } from "./cells.js";
import { say } from "../shared/live.js";

export class Marking {
  #classes;
  #byName;
  #label;
  #short;
  #digits;
  #legend;
  #current;
  #onChange;

  /** `settings`: the page's; `legend`: where the digits of the current cell stand; `current`: function() -> cell. */
  constructor({ settings, legend, current, onChange }) {
    this.#classes = settings.classes;
    this.#byName = new Map(settings.classes.map((one) => [one.name, one]));
    this.#label = settings.label;
    this.#short = settings.short;
    this.#digits = settings.freeDigits;
    this.#legend = legend;
    this.#current = current;
    this.#onChange = onChange;
  }

  /** Wrong, or right again. */
  toggle(cell = this.#current()) {
    if (!cell) return;
    const wrong = !isMarked(cell);
    markCell(cell, { wrong });
    this.#onChange();
    say(`${cell.dataset.title}: ${wrong ? "wrong" : "right"}.`);
  }

  /** Give the cell its right class. */
  correct(name, cell = this.#current()) {
    if (!cell) return;
    markCell(cell, { shown: name === this.#label ? null : this.#byName.get(name) });
    this.#onChange();
    say(`${cell.dataset.title}: ${this.#titleOf(name)}.`);
    cell.focus();
  }

  /** Whether the digit means a class here: its own, or, in a long list, one that is likely for the current cell. */
  digit(digit) {
    const name = this.#classes.find((one) => one.key === digit)?.name ?? this.likely[this.#digits.indexOf(digit)];
    if (name) this.correct(name);
    return Boolean(name);
  }

  #titleOf(name) { return this.#byName.get(name)?.title ?? name; }

  /** The most likely classes of the current cell, except the class of the page. */
  get likely() {
    const cell = this.#current();
    return cell ? JSON.parse(cell.dataset.likely || "[]").filter((name) => name !== this.#label) : [];
  }

  /** What the digits of a long list mean for the cell that has the focus. */
  drawDigits() {
    const names = this.#short ? [] : this.likely.slice(0, this.#digits.length);
    this.#legend.replaceChildren(...names.map((name, index) => {
      const row = document.createElement("li");
      const cap = document.createElement("kbd");
      cap.textContent = this.#digits[index];
      const title = document.createElement("span");
      title.textContent = this.#titleOf(name);
      row.append(cap, title);
      return row;
    }));
  }
}
