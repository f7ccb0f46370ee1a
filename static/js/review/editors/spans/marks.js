/**
 * Spans on the screen: a tint behind the text, a line under it on a level of its own, and the name of the class. Only
 * what is in sight is drawn; all is measured before anything is written.
 */

import { levelled } from "./levels.js";
import { drawRelations } from "./relations.js";

// As in review.css: a level's height, and how far the first is below the text.
const LEVEL = 16;
const BELOW = 1;
const AROUND = 100;

export class Marks {
  #editor;
  #viewer;
  #tints = layer("text-tints");
  #names = layer("text-names");
  #caret = layer("text-caret");
  #byLine = new Map();
  #levelledFor = null;
  #measuredFor = [];
  #parts = [];
  #own = new Set();

  constructor(editor, viewer) {
    this.#editor = editor;
    this.#viewer = viewer;
    viewer.surface.replaceChildren(this.#tints, this.#names, this.#caret);
  }

  draw({ spans, ghosts, pending }) {
    this.#own = new Set(spans);
    this.#level(spans, ghosts);
    const found = this.#measure();
    const tints = document.createDocumentFragment();
    const names = document.createDocumentFragment();
    const places = new Map();
    for (const part of found) this.#mark(part, { tints, names, places, pending });
    const { relations } = this.#editor;
    if (relations.length) names.append(drawRelations(relations, places));
    this.#tints.replaceChildren(tints);
    this.#names.replaceChildren(names);
  }

  /** Make room under each line for the levels of its spans. */
  #level(spans, ghosts) {
    const key = [spans, ...ghosts];
    if (this.#levelledFor?.length === key.length && key.every((one, index) => one === this.#levelledFor[index])) return;
    this.#levelledFor = key;
    const { lines } = this.#viewer;
    this.#byLine = levelled(lines, [...spans, ...ghosts], (span) => this.#editor.titleOf(span));
    for (const line of lines.all) {
      const depth = this.#byLine.get(line.index)?.depth ?? 0;
      if (line.depth === depth) continue;
      line.depth = depth;
      line.element.style.setProperty("--levels", String(depth));
    }
  }

  /** The visible parts of spans, with their rectangles: measured again where they may have moved. */
  #measure() {
    const { top, bottom } = this.#viewer.sight;
    const key = [this.#levelledFor, top, bottom, this.#viewer.clientWidth, this.#viewer.clientHeight];
    if (key.every((one, index) => one === this.#measuredFor[index])) return this.#parts;
    const { all } = this.#viewer.lines;
    const from = firstBelow(all, top - AROUND);
    this.#measuredFor = key;
    this.#parts = [];
    for (let index = from; index < all.length && topOf(all[index]) < bottom + AROUND; index += 1) {
      for (const part of this.#byLine.get(index) ?? []) {
        this.#parts.push({ ...part, rects: this.#viewer.rectsOf(all[index], part.start, part.end) });
      }
    }
    return this.#parts;
  }

  #mark({ span, start, end, level, rects }, { tints, names, places, pending }) {
    const editor = this.#editor;
    const chosen = span.id === editor.selected;
    const ghost = !this.#own.has(span);
    const state = ghost ? "ghost" : editor.isLow(span) ? "low" : editor.isOpen(span) ? "open" : "seen";
    const { color } = editor.classOf(span.label);
    const marks = `${state}${chosen ? " chosen" : ""}${pending === span.id ? " pending" : ""}`;
    for (const rect of rects) {
      if (!rect.width) continue;
      tints.append(box(`span-tint ${marks}`, rect, color));
      const bar = { left: rect.left, top: rect.top + rect.height + BELOW + level * LEVEL, width: rect.width };
      names.append(box(`span-bar ${marks}`, bar, color));
    }
    const [first] = rects;
    if (!first) return;
    const last = rects.at(-1);
    if (start === span.start) {
      places.set(span.id, { x: first.left + Math.min(first.width / 2, 24), y: first.top });
      const at = { left: first.left, top: first.top + first.height + BELOW + 2 + level * LEVEL };
      const name = box(`span-name ${marks}`, at, "");
      name.style.setProperty("--class", color);
      name.dataset.id = span.id;
      name.textContent = editor.titleOf(span);
      names.append(name);
      if (chosen && !editor.readingOnly) names.append(grip("start", { left: first.left, top: first.top, height: first.height }));
    }
    if (chosen && end === span.end && !editor.readingOnly) {
      names.append(grip("end", { left: last.left + last.width, top: last.top, height: last.height }));
    }
  }

  /** Where keys work; null: nowhere. */
  drawCaret(offset) {
    if (offset === null) { this.#caret.replaceChildren(); return; }
    const { lines } = this.#viewer;
    const line = lines.at(offset);
    const after = offset === line.end && offset > line.start;
    const [rect] = this.#viewer.rectsOf(line, after ? offset - 1 : offset, after ? offset : Math.min(line.end, offset + 1));
    if (!rect) { this.#caret.replaceChildren(); return; }
    const caret = box("span-caret", { left: rect.left + (after ? rect.width : 0), top: rect.top, height: rect.height }, "");
    this.#caret.replaceChildren(caret);
  }
}

function topOf(line) { return line.element.offsetTop; }

/** The first line that reaches below the height. */
function firstBelow(lines, height) {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { element } = lines[middle];
    if (element.offsetTop + element.offsetHeight < height) low = middle + 1;
    else high = middle;
  }
  return low;
}

function layer(className) {
  const element = document.createElement("div");
  element.className = className;
  element.setAttribute("aria-hidden", "true");
  return element;
}

function box(className, { left, top, width, height }, color) {
  const element = document.createElement("div");
  element.className = className;
  element.style.transform = `translate(${left}px, ${top}px)`;
  if (width !== undefined) element.style.inlineSize = `${width}px`;
  if (height !== undefined) element.style.blockSize = `${height}px`;
  if (color) element.style.setProperty("--class", color);
  return element;
}

function grip(end, place) {
  const element = box(`span-grip ${end}`, place, "");
  element.dataset.grip = end;
  return element;
}
