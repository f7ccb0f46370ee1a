/** Joining two spans: the key on one, then on another; the list of what is joined. */

import { say } from "../../../shared/live.js";
import { allowed } from "./relations.js";

export class Joining {
  #editor;
  #root;
  #types;
  #to = "";
  #drawn = null;
  /** The id of the span that a relation begins at, or "". */
  from = "";
  /** The relations to choose from, once both spans are known. */
  types = [];

  constructor(editor, root) {
    this.#editor = editor;
    this.#root = root;
    this.#types = editor.task.settings.relations ?? [];
    root.hidden = !this.#types.length;
    root.addEventListener("click", ({ target }) => {
      const { type, gone } = target.closest("button")?.dataset ?? {};
      if (type !== undefined) this.#choose(Number(type));
      if (gone) editor.edit({ relations: editor.relations.filter(({ id }) => id !== gone) });
    });
  }

  #span(id) { return this.#editor.elements.find((one) => one.id === id) ?? null; }

  /** The key: begins at the chosen span, or ends there. */
  go() {
    const editor = this.#editor;
    const { chosen } = editor;
    if (!this.#types.length) { editor.hint("This dataset has no relation types."); return; }
    if (!chosen) { editor.hint("Select a span first: Tab or click."); return; }
    const from = this.#span(this.from);
    if (!from || from === chosen) {
      this.from = chosen.id;
      editor.hint(`From ${editor.nameOf(chosen)}: select the target, then press the key again.`);
      editor.draw();
      return;
    }
    this.#to = chosen.id;
    this.types = allowed(this.#types, from, chosen);
    if (!this.types.length) {
      this.cancel();
      editor.hint(`No relation is allowed from ${editor.titleOf(from)} to ${editor.titleOf(chosen)}.`);
    } else if (this.types.length === 1) this.#choose(0);
    else { say(`Which relation? ${this.types.map(({ name }, index) => `${index + 1} ${name}`).join(", ")}.`); editor.draw(); }
  }

  digit(digit) { return this.#choose(Number(digit) - 1); }

  #choose(index) {
    const type = this.types[index];
    if (!type) return false;
    const [from, to] = [this.#span(this.from), this.#span(this.#to)];
    this.cancel();
    this.#editor.hint("");
    this.#editor.addRelation(from, to, type.name);
    return true;
  }

  /** Gives whether something was begun. */
  cancel() {
    const begun = Boolean(this.from);
    Object.assign(this, { from: "", types: [] });
    this.#to = "";
    if (begun) this.#editor.draw();
    return begun;
  }

  /** Relations that the classes of their spans do not allow any more are taken away. */
  dropForbidden() {
    const editor = this.#editor;
    const kept = editor.relations.filter(({ from, to, label }) => (
      allowed(this.#types, this.#span(from), this.#span(to)).some(({ name }) => name === label)
    ));
    if (kept.length === editor.relations.length) return;
    editor.edit({ relations: kept });
    editor.hint("A relation not allowed for this class was removed; undo restores it.");
  }

  draw() {
    const { relations, elements, readingOnly } = this.#editor;
    const key = [relations, elements, this.types, this.from, readingOnly];
    if (this.#drawn?.every((one, index) => one === key[index])) return;
    this.#drawn = key;
    const title = document.createElement("h3");
    title.textContent = this.types.length ? "Which relation?" : `Relations ${relations.length || ""}`;
    this.#root.replaceChildren(title, ...(this.types.length ? this.#choices() : relations.map((one) => this.#row(one))));
  }

  #choices() { return this.types.map(({ name }, index) => button("button small", `${index + 1} ${name}`, "type", index)); }

  #row({ id, from, to, label }) {
    const row = document.createElement("p");
    row.className = "relation";
    const words = [this.#span(from), this.#span(to)].map((span) => (span ? this.#editor.textOf(span) : "?"));
    row.append(`${words[0]} → `, strong(label), ` → ${words[1]} `);
    const gone = button("button quiet icon small", "×", "gone", id);
    gone.setAttribute("aria-label", `Delete the relation ${label}`);
    row.append(gone);
    return row;
  }
}

function strong(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}

function button(className, text, name, value) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.textContent = text;
  element.dataset[name] = String(value);
  return element;
}
