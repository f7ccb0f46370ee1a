/**
 * What an editor of elements has: immutable states, the present one and those before and after it. An element that was
 * not touched is the same object in all of them.
 */

const MOST = 500;
// Nudges in one go are one edit.
const TOGETHER_MS = 800;

export class Model {
  #past = [];
  #future = [];
  #group = "";
  #at = 0;

  /** `state`: {elements, relations, sure, touched}; `sure` holds the ids that a person called right. */
  constructor(state) { this.state = state; }

  get canUndo() { return this.#past.length > 0; }

  get canRedo() { return this.#future.length > 0; }

  /**
   * Change parts of the state. Edits of the same `group` in quick succession are taken back together; with `whole`,
   * as of one drag, however long they take.
   */
  change(parts, { group = "", whole = false } = {}) {
    const now = performance.now();
    const goesOn = group && group === this.#group && (whole || now - this.#at < TOGETHER_MS);
    if (!goesOn) this.#past.push(this.state);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
    this.#group = group;
    this.#at = now;
    this.state = Object.freeze({ ...this.state, ...parts, touched: true });
  }

  undo() { return this.#step(this.#past, this.#future); }

  redo() { return this.#step(this.#future, this.#past); }

  #step(from, to) {
    const next = from.pop();
    if (!next) return false;
    to.push(this.state);
    this.state = next;
    this.#group = "";
    return true;
  }
}

/** An id that no other element of the value has. */
export function newId(taken) {
  for (;;) {
    const id = Math.random().toString(36).slice(2, 8).padEnd(6, "0");
    if (!taken.has(id)) return id;
  }
}
