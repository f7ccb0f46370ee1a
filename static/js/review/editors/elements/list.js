/**
 * The elements of a value as a list of buttons: the way for screen readers, for touch, and to see what overlaps. Only
 * the rows in sight are on the page, however many there are.
 */

import { swatch } from "../../swatch.js";

const BEYOND = 6;

export class ElementList {
  #root;
  #space;
  #elements = [];
  #rowOf;
  #selected = "";
  #onSelect;
  #drawing = 0;
  #height = 0;
  #watch;

  /** `rowOf`: function(element) -> {label, color, shape, text, note, marks}; `onSelect`: function(id, event). */
  constructor(root, { rowOf, onSelect }) {
    this.#root = root;
    this.#rowOf = rowOf;
    this.#onSelect = onSelect;
    this.#space = document.createElement("div");
    this.#space.className = "element-space";
    this.#space.setAttribute("role", "list");
    this.#space.setAttribute("aria-label", root.dataset.label);
    root.replaceChildren(this.#space);
    root.addEventListener("scroll", () => this.#soon(), { passive: true });
    root.addEventListener("click", (event) => {
      const row = event.target.closest("[data-id]");
      if (row) this.#onSelect(row.dataset.id, event);
    });
    root.addEventListener("keydown", (event) => this.#onKeydown(event));
    this.#watch = new ResizeObserver(() => this.#soon());
    this.#watch.observe(root);
  }

  show(elements, selected) {
    const moved = selected !== this.#selected;
    this.#elements = elements;
    this.#selected = selected;
    this.#draw();
    if (moved && selected) this.#reveal();
  }

  #soon() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  get #rowHeight() {
    this.#height ||= parseFloat(getComputedStyle(this.#root).getPropertyValue("--element-row")) || 34;
    return this.#height;
  }

  #draw() {
    const height = this.#rowHeight;
    const from = Math.max(0, Math.floor(this.#root.scrollTop / height) - BEYOND);
    const to = Math.min(this.#elements.length, Math.ceil((this.#root.scrollTop + this.#root.clientHeight) / height) + BEYOND);
    const focused = this.#root.contains(document.activeElement) ? document.activeElement.dataset.id : "";
    this.#space.style.blockSize = `${this.#elements.length * height}px`;
    const stop = this.#elements.some(({ id }) => id === this.#selected) ? this.#selected : this.#elements[from]?.id;
    const shown = this.#elements.slice(from, to).map((one, index) => this.#row(one, from + index, one.id === stop));
    this.#space.replaceChildren(...shown);
    if (focused) this.#space.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #row(element, index, stop) {
    const row = this.#rowOf(element);
    const item = document.createElement("div");
    item.setAttribute("role", "listitem");
    item.setAttribute("aria-setsize", String(this.#elements.length));
    item.setAttribute("aria-posinset", String(index + 1));
    item.className = "element-item";
    item.style.insetBlockStart = `${index * this.#rowHeight}px`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = `element-row ${row.marks}`;
    button.dataset.id = element.id;
    button.tabIndex = stop ? 0 : -1;
    button.setAttribute("aria-pressed", String(element.id === this.#selected));
    button.append(swatch(row), text("element-label", row.label), text("element-text", row.text), text("element-note num", row.note));
    item.append(button);
    return item;
  }

  #reveal() {
    const index = this.#elements.findIndex(({ id }) => id === this.#selected);
    const top = index * this.#rowHeight;
    if (top < this.#root.scrollTop) this.#root.scrollTop = top - this.#rowHeight;
    else if (top + this.#rowHeight > this.#root.scrollTop + this.#root.clientHeight) {
      this.#root.scrollTop = top + 2 * this.#rowHeight - this.#root.clientHeight;
    }
  }

  /** Arrows move from row to row. */
  #onKeydown(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.dataset.id) return;
    event.preventDefault();
    const index = this.#elements.findIndex(({ id }) => id === event.target.dataset.id) + step;
    if (!this.#elements[index]) return;
    this.#onSelect(this.#elements[index].id, event);
    this.#space.querySelector(`[data-id="${CSS.escape(this.#elements[index].id)}"]`)?.focus({ preventScroll: true });
  }
}

function text(className, content) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = content;
  return span;
}
