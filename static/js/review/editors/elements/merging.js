/**
 * A dispute: the answers side by side, element by element. What all of them have is there from the start; for each
 * difference one side is taken. The merged value is an answer like any other.
 */

import { swatch } from "../../swatch.js";
import { say } from "../../../shared/live.js";

export class Merging {
  #editor;
  #root;
  #answers;
  #rows;
  #at = -1;
  #drawn = "";

  constructor(editor, root) {
    this.#editor = editor;
    this.#root = root;
    this.#answers = editor.data.offered;
    this.#rows = this.#joined();
    const { state } = editor.model;
    editor.model.state = { ...state, choices: new Map(), ...this.#merged(new Map()) };
    root.hidden = false;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-row]");
      if (button) this.#choose(Number(button.dataset.row), Number(button.dataset.answer));
    });
  }

  get #differences() { return this.#rows.filter((row) => !row.agreed); }

  get #choices() { return this.#editor.model.state.choices; }

  /** Whether a difference is left that nobody has settled. */
  get open() { return this.#differences.some((row) => !this.#choices.has(row.index)); }

  get nothing() {
    const left = this.#differences.filter((row) => !this.#choices.has(row.index)).length;
    return `${left} difference${left === 1 ? " is" : "s are"} open. Choose an answer for each.`;
  }

  /** What the answers have where the difference at hand is: drawn faintly, to be compared. */
  get ghosts() { return this.#rows[this.#at]?.sides.filter(Boolean) ?? []; }

  get actions() {
    return { left: () => this.#take(0), right_side: () => this.#take(1) };
  }

  /** An answer was given before: nothing is open. */
  settle() {
    const choices = new Map(this.#differences.map((row) => [row.index, -1]));
    this.#editor.model.state = { ...this.#editor.model.state, choices };
  }

  /** Elements of the answers that belong together, in rows: {index, sides: [element or null, …], agreed}. */
  #joined() {
    const rows = [];
    this.#answers.forEach(({ value }, side) => {
      for (const element of value[this.#editor.listName]) {
        const row = this.#bestFor(element, side, rows) ?? { sides: this.#answers.map(() => null) };
        if (!rows.includes(row)) rows.push(row);
        row.sides[side] = element;
      }
    });
    for (const [index, row] of rows.entries()) {
      const [first, ...others] = row.sides;
      Object.assign(row, { index, agreed: others.every((other) => first && other && this.#editor.alike(first, other)) });
    }
    return rows;
  }

  #bestFor(element, side, rows) {
    let best = null;
    let most = 0;
    for (const row of rows) {
      const other = row.sides.find(Boolean);
      const near = row.sides[side] ? 0 : this.#editor.near(other, element) + (other.label === element.label ? 0.01 : 0);
      if (near > most && near > 0.01) [best, most] = [row, near];
    }
    return best;
  }

  /** Elements and relations of these choices. Every element is called after its row. */
  #merged(choices) {
    const taken = (row) => (row.agreed ? row.sides[0] : row.sides[choices.get(row.index)]) ?? null;
    const elements = this.#rows.flatMap((row) => (taken(row) ? [Object.freeze({ ...taken(row), id: idOf(row) })] : []));
    return { elements: this.#editor.order(elements), relations: this.#relations(new Set(elements.map(({ id }) => id))) };
  }

  /** Relations that every answer has between elements that are there. */
  #relations(there) {
    const [first, ...others] = this.#answers.map(({ value }, side) => {
      const rows = new Map(this.#rows.flatMap((row) => (row.sides[side] ? [[row.sides[side].id, idOf(row)]] : [])));
      return (value.relations ?? []).map(({ from, to, label }) => ({ from: rows.get(from), to: rows.get(to), label }));
    });
    const key = ({ from, to, label }) => `${from} ${to} ${label}`;
    return first
      .filter((one) => there.has(one.from) && there.has(one.to) && others.every((list) => list.some((other) => key(other) === key(one))))
      .map((one, index) => ({ id: `merged-relation-${index}`, ...one }));
  }

  #take(answer) {
    const row = this.#rows[this.#at] ?? this.#differences.find(({ index }) => !this.#choices.has(index));
    if (!row) return false;
    this.#choose(row.index, answer);
    return true;
  }

  /** One side of a difference is right; on to the next. What was edited by hand meanwhile stays. */
  #choose(index, answer) {
    const editor = this.#editor;
    const choices = new Map([...this.#choices, [index, answer]]);
    const row = this.#rows[index];
    const others = editor.elements.filter(({ id }) => id !== idOf(row));
    const taken = row.sides[answer] ? [Object.freeze({ ...row.sides[answer], id: idOf(row) })] : [];
    const there = new Set([...others, ...taken].map(({ id }) => id));
    const relations = editor.relations.filter(({ from, to }) => there.has(from) && there.has(to));
    editor.edit({ elements: editor.order([...others, ...taken]), relations, choices });
    say(`${this.#answers[answer].title} taken.`);
    editor.hint(this.open ? "" : "All differences are resolved. Accept, or make further changes.");
    this.#goTo(this.#differences.find((one) => !choices.has(one.index))?.index ?? -1);
  }

  #goTo(index) {
    this.#at = index;
    const [ghost] = this.ghosts;
    if (ghost) this.#editor.viewer.show(this.#editor.placeOf(ghost));
    this.#editor.draw();
  }

  draw() {
    if (this.#at < 0 && this.open && !this.#drawn) this.#at = this.#differences.find(({ index }) => !this.#choices.has(index)).index;
    const key = JSON.stringify([...this.#choices, this.#at]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const focused = this.#root.contains(document.activeElement) ? document.activeElement.dataset : {};
    const keys = this.#root.dataset.keys.split(" ");
    const head = this.#line("merge-head", this.#answers.map(({ title }, at) => {
      const name = label("span", `${title} `);
      if (keys[at]) name.append(label("kbd", keys[at]));
      return name;
    }));
    this.#root.replaceChildren(head, ...this.#differences.map((row) => this.#row(row)));
    this.#root.querySelector(`[data-row="${focused.row}"][data-answer="${focused.answer}"]`)?.focus();
    this.#root.querySelector(".merge-row.here")?.scrollIntoView({ block: "nearest" });
  }

  #row(row) {
    const buttons = row.sides.map((element, answer) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "merge-side";
      Object.assign(button.dataset, { row: row.index, answer });
      button.setAttribute("aria-pressed", String(this.#choices.get(row.index) === answer));
      if (element) button.append(swatch(this.#editor.classOf(element.label)));
      button.append(label("span", element ? this.#editor.nameOf(element) : "None"));
      return button;
    });
    return this.#line(`merge-row${row.index === this.#at ? " here" : ""}`, buttons);
  }

  #line(className, children) {
    const line = document.createElement("div");
    line.className = className;
    line.append(...children);
    return line;
  }
}

function idOf(row) { return `merged-${row.index}`; }

function label(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}
