/**
 * A list of classes with a line to search it: a combobox whose list is always open. Arrows move, Enter picks; what a
 * pick does, its owner says. While something is typed, digits pick among the first rows, unless a class has a digit in
 * its name. A steady list keeps its order while nothing is typed, and Enter picks nothing then.
 */

import { Matching } from "./matching.js";
import { setName } from "../shared/names.js";
import { swatch } from "./swatch.js";

const MOST_SHOWN = 600;
const A_PAGE = 8;
// Digits in the order of the keys: they pick among the first rows while something is typed.
const DIGITS = "1234567890";

export class ClassBox {
  #root;
  #input;
  #list;
  #matching;
  #onPick;
  #onLeave;
  #steady;
  #byDigit;
  #rows = new Map();
  #drawn = null;
  #likely = () => [];
  #shown = [];
  #active = 0;

  /**
   * `root` holds a combobox, a listbox and `.finder-none`; `classes`: as the server lists them; `onPick`: function(name,
   * event); `onLeave`: function() for Escape, where nothing else closes the list.
   */
  constructor({ root, classes, onPick, onLeave = null, steady = false }) {
    this.#root = root;
    this.#input = root.querySelector("[role=combobox]");
    this.#list = root.querySelector("[role=listbox]");
    this.#matching = new Matching(classes);
    this.#byDigit = !this.#matching.all.some(({ hay }) => /\d/.test(hay));
    this.#onPick = onPick;
    this.#onLeave = onLeave;
    this.#steady = steady;
    this.#input.addEventListener("input", () => this.#search());
    this.#input.addEventListener("keydown", (event) => this.#onKeydown(event));
    this.#list.addEventListener("click", (event) => this.#onClick(event));
  }

  get text() { return this.#input.value; }

  focus() { this.#input.focus(); }

  /** Begin again with nothing typed; `likely`: function() -> names of classes to be listed first. */
  reset(likely = this.#likely) {
    this.#likely = likely;
    this.#input.value = "";
    this.#search();
  }

  #search() {
    const resting = this.#resting;
    this.#shown = (resting ? this.#matching.all : this.#matching.find(this.#input.value, this.#likely())).slice(0, MOST_SHOWN);
    this.#active = resting ? -1 : 0;
    this.#draw();
  }

  /** Nothing is typed into a list that keeps its order: no row is meant yet. */
  get #resting() { return this.#steady && !this.text.trim(); }

  #draw() {
    const digits = this.#byDigit && this.text.trim() ? DIGITS : "";
    // From item to item the list mostly stays what it is: what comes next must not wait for it.
    const drawn = `${digits} ${this.#shown.map(({ name }) => name).join("\n")}`;
    if (drawn !== this.#drawn) this.#list.replaceChildren(...this.#shown.map((entry, index) => this.#capped(entry, digits ? (digits[index] ?? "") : entry.key)));
    this.#drawn = drawn;
    this.#list.scrollTop = 0;
    this.#root.querySelector(".finder-none").hidden = this.#shown.length > 0;
    this.#mark();
  }

  /** The class's row with the key that gives the class now. */
  #capped(entry, key) {
    const row = this.#rowOf(entry);
    const cap = row.lastElementChild;
    const text = key.replace("+", "⇧");
    if (cap.textContent !== text) cap.textContent = text;
    cap.hidden = !text;
    return row;
  }

  /** The class's row, made once: a list is redrawn for each letter, and for each item. */
  #rowOf(entry) {
    if (!this.#rows.has(entry)) this.#rows.set(entry, this.#newRow(entry));
    return this.#rows.get(entry);
  }

  #newRow(entry) {
    const row = document.createElement("li");
    row.id = `${this.#list.id}-${this.#rows.size}`;
    row.role = "option";
    row.dataset.name = entry.name;
    row.setAttribute("aria-selected", "false");
    if (entry.description) row.title = entry.description;
    const title = document.createElement("span");
    title.className = "choice-title";
    setName(title, entry.title);
    if (entry.path) {
      const path = document.createElement("span");
      path.className = "choice-path";
      setName(path, entry.path);
      title.prepend(path);
    }
    row.append(swatch(entry), title, document.createElement("kbd"));
    return row;
  }

  #mark() {
    for (const row of this.#rows.values()) if (row.ariaSelected === "true") row.ariaSelected = "false";
    const row = this.#list.children[this.#active];
    if (!row) { this.#input.removeAttribute("aria-activedescendant"); return; }
    row.setAttribute("aria-selected", "true");
    this.#input.setAttribute("aria-activedescendant", row.id);
    if (this.#active) row.scrollIntoView({ block: "nearest" });
  }

  #onKeydown(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.#onLeave) {
      event.preventDefault();
      this.reset();
      this.#onLeave();
      return;
    }
    if (this.#byDigit && this.text.trim() && DIGITS.includes(event.key) && event.key.length === 1) {
      event.preventDefault();
      if (!event.repeat) this.#pick(DIGITS.indexOf(event.key), event);
      return;
    }
    const last = this.#shown.length - 1;
    const moves = { ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, PageDown: this.#active + A_PAGE, PageUp: this.#active - A_PAGE };
    if (event.key in moves) {
      event.preventDefault();
      const wanted = moves[event.key];
      this.#active = wanted < 0 ? (event.key === "ArrowUp" ? last : 0) : wanted > last ? (event.key === "ArrowDown" ? 0 : last) : wanted;
      this.#mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) this.#pick(this.#active, event);
    }
  }

  #onClick(event) {
    // The second click of a double one may already fall on the next item.
    const row = event.detail > 1 ? null : event.target.closest("[role=option]");
    if (row) this.#pick(this.#shown.findIndex(({ name }) => name === row.dataset.name), event);
  }

  #pick(index, event) {
    const entry = this.#shown[index];
    if (!entry) return;
    this.#matching.used(entry.name);
    this.#onPick(entry.name, event);
  }
}
