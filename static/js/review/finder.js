/**
 * Finding a class by typing over name, title, aliases and path: a combobox in a dialog beside the item.
 * Enter picks. With nothing typed it lists the item's likeliest classes and those used last.
 */

import { swatch } from "./swatch.js";

const MOST_SHOWN = 60;

/** "Zürich Card_arrival" -> "zurich card arrival". */
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[_\-/›>]+/g, " ").toLowerCase();
}

/** How well a class fits the words: smaller is better, -1 is not at all. */
function fit(entry, words, whole) {
  if (!words.every((word) => entry.hay.includes(word))) return -1;
  if (entry.names.includes(whole)) return 0;
  if (entry.names.some((name) => name.startsWith(whole))) return 1;
  if (words.every((word) => ` ${entry.names.join(" ")}`.includes(` ${word}`))) return 2;
  if (words.every((word) => ` ${entry.hay}`.includes(` ${word}`))) return 3;
  return 4;
}

export class Finder {
  #dialog;
  #input;
  #list;
  #entries;
  #onPick;
  #first = [];
  #recent = [];
  #shown = [];
  #active = 0;

  /** `classes`: as the server lists them; `onPick`: function(name, event). */
  constructor({ dialog, classes, onPick }) {
    this.#dialog = dialog;
    this.#input = dialog.querySelector("[role=combobox]");
    this.#list = dialog.querySelector("[role=listbox]");
    this.#onPick = onPick;
    this.#entries = classes.map((one) => {
      const names = [one.name, one.title, ...one.aliases].map(folded);
      return { ...one, names, hay: `${names.join(" ")} ${folded(one.path)}` };
    });
    this.#input.addEventListener("input", () => this.#search());
    this.#input.addEventListener("keydown", (event) => this.#onKeydown(event));
    this.#list.addEventListener("click", (event) => this.#onClick(event));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  /** Open with these class names first: the item's likeliest. */
  open(first = []) {
    this.#first = first;
    this.#input.value = "";
    this.#dialog.showModal();
    this.#search();
    this.#input.focus();
  }

  #search() {
    const whole = folded(this.#input.value).trim();
    const words = whole.split(/\s+/).filter(Boolean);
    this.#shown = (words.length ? this.#matching(words, whole) : this.#unasked()).slice(0, MOST_SHOWN);
    this.#active = 0;
    this.#draw();
  }

  #matching(words, whole) {
    return this.#entries
      .map((entry, position) => ({ entry, position, rank: fit(entry, words, whole) }))
      .filter(({ rank }) => rank >= 0)
      .sort((left, right) => left.rank - right.rank || left.position - right.position)
      .map(({ entry }) => entry);
  }

  #unasked() {
    const names = [...new Set([...this.#first, ...this.#recent])];
    const top = names.map((name) => this.#entries.find((entry) => entry.name === name)).filter(Boolean);
    return [...top, ...this.#entries.filter((entry) => !names.includes(entry.name))];
  }

  #draw() {
    this.#list.replaceChildren(...this.#shown.map((entry, index) => this.#row(entry, index)));
    const none = this.#dialog.querySelector(".finder-none");
    none.hidden = this.#shown.length > 0;
    this.#mark();
  }

  #row(entry, index) {
    const row = document.createElement("li");
    row.id = `finder-option-${index}`;
    row.role = "option";
    row.dataset.index = String(index);
    const title = document.createElement("span");
    title.className = "choice-title";
    title.textContent = entry.title;
    if (entry.path) {
      const path = document.createElement("span");
      path.className = "choice-path";
      path.textContent = entry.path;
      title.prepend(path);
    }
    row.append(swatch(entry), title);
    if (entry.key) {
      const cap = document.createElement("kbd");
      cap.textContent = entry.key.replace("+", "⇧");
      row.append(cap);
    }
    return row;
  }

  #mark() {
    [...this.#list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.#active)));
    const row = this.#list.children[this.#active];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.#input.setAttribute("aria-activedescendant", row.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #onKeydown(event) {
    if (event.isComposing) return;
    const last = this.#shown.length - 1;
    const moves = { ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, PageDown: this.#active + 8, PageUp: this.#active - 8 };
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
    const row = event.target.closest("[role=option]");
    if (row) this.#pick(Number(row.dataset.index), event);
  }

  #pick(index, event) {
    const entry = this.#shown[index];
    if (!entry) return;
    this.#recent = [entry.name, ...this.#recent.filter((name) => name !== entry.name)].slice(0, 8);
    this.#dialog.close();
    this.#onPick(entry.name, event);
  }
}
