/**
 * Spans of a text. Select by mouse, touch or keys, and give a class; overlapping and nested spans are on levels of
 * their own. Offsets are code points of the item's text.
 */

import { say } from "../../shared/live.js";
import { ElementEditor } from "./elements/editor.js";
import { newId } from "./elements/model.js";
import { Caret } from "./spans/caret.js";
import { Joining } from "./spans/joining.js";
import { Marks } from "./spans/marks.js";
import { Pointing } from "./spans/pointing.js";

const LONGEST_TEXT = 60;

class SpansEditor extends ElementEditor {
  #listening = null;
  #keyed = false;
  #held = null;

  get listName() { return "spans"; }

  get noun() { return ["span", "spans"]; }

  begin() {
    super.begin();
    this.joining = new Joining(this, this.querySelector("[data-relations]"));
  }

  attach() {
    this.caret = new Caret(this.viewer.lines);
    this.marks ??= new Marks(this, this.viewer);
    this.pointing ??= new Pointing(this, this.viewer);
    this.#listening?.abort();
    this.#listening = new AbortController();
    document.addEventListener("selectionchange", () => this.drawCaret(), this.#listening);
    this.viewer.addEventListener("view", () => this.draw(), this.#listening);
    super.attach();
  }

  disconnectedCallback() { this.#listening?.abort(); }

  order(elements) {
    return [...elements].sort((left, right) => (
      left.start - right.start || right.end - left.end || (left.label < right.label ? -1 : left.label > right.label ? 1 : 0)
    ));
  }

  content({ elements, relations }) { return { spans: elements, relations }; }

  titleOf(span) { return this.classOf(span.label).title; }

  textOf({ start, end }) {
    const text = this.viewer.lines.slice(start, Math.min(end, start + LONGEST_TEXT)).replace(/\s+/g, " ");
    return end - start > LONGEST_TEXT ? `${text}…` : text;
  }

  near(left, right) {
    const both = Math.min(left.end, right.end) - Math.max(left.start, right.start);
    return both <= 0 ? 0 : both / (Math.max(left.end, right.end) - Math.min(left.start, right.start));
  }

  get begun() {
    if (!this.caret?.selected({ trimmed: !this.#keyed })) return "";
    return "Choose a class or press its digit. Escape discards the selection.";
  }

  // --- drawing ----------------------------------------------------------------------------------------------

  paint() {
    const ghosts = this.merging?.ghosts ?? [];
    this.marks.draw({ spans: this.elements, ghosts, pending: this.joining.from });
    this.joining.draw();
    this.drawCaret();
  }

  drawCaret() {
    const place = this.readingOnly ? null : this.caret.place;
    this.marks.drawCaret(place && place.start === place.end && this.#keyed ? place.focus : null);
    if (place && place.start !== place.end && this.selected) this.select("");
  }

  // --- making and changing ----------------------------------------------------------------------------------

  /** A touch on a button may end what is selected: it is held until the button does its work. */
  hold() { this.#held = this.caret.selected({ trimmed: !this.#keyed }); }

  /** What is selected becomes a span. */
  finish(label) {
    const selected = this.caret.selected({ trimmed: !this.#keyed }) ?? this.#held;
    this.#held = null;
    if (!selected) return false;
    if (!this.#fits({ ...selected, label })) { this.caret.clear(); return true; }
    this.add({ ...selected, label });
    this.caret.set(selected.end);
    return true;
  }

  /** Whether a span may be there; says why not. */
  #fits({ start, end, label }, besides = null) {
    const others = this.elements.filter((one) => one !== besides);
    if (others.some((one) => one.start === start && one.end === end && one.label === label)) {
      this.hint("This span already exists.");
      return false;
    }
    if (this.task.settings.overlapping === false && others.some((one) => one.start < end && one.end > start)) {
      this.hint("Spans cannot overlap in this dataset.");
      return false;
    }
    return true;
  }

  select(id, options = {}) {
    if (options.shows) this.caret.clear();
    super.select(id, options);
  }

  relabel(span, label) {
    if (span.label !== label && this.#fits({ ...span, label }, span)) {
      super.relabel(span, label);
      this.joining.dropForbidden();
    }
  }

  /** Move an end of the span to the offset; gives whether it went there. */
  moveEnd(span, which, offset, options) {
    const moved = { ...span, [which]: Math.max(0, Math.min(this.viewer.lines.length, offset)) };
    if (moved.start >= moved.end || moved[which] === span[which] || !this.#fits(moved, span)) return false;
    this.replace(span, { [which]: moved[which] }, options);
    return true;
  }

  addRelation(from, to, label) {
    if (this.relations.some((one) => one.from === from.id && one.to === to.id && one.label === label)) {
      this.hint("This relation already exists.");
      return;
    }
    const taken = new Set([...this.elements, ...this.relations].map(({ id }) => id));
    this.edit({ relations: [...this.relations, { id: newId(taken), from: from.id, to: to.id, label }] });
    say(`${label} added.`);
  }

  digit(digit, event) {
    if (this.joining.types.length) return this.joining.digit(digit);
    return super.digit(digit, event);
  }

  // --- pointing and keys ------------------------------------------------------------------------------------

  /** The pointer selected something, or pointed at a place. */
  pointed({ id = "", offset = null, mouse = true }) {
    this.#keyed = false;
    if (id) { this.caret.clear(); this.select(id); return; }
    if (this.caret.selected({ trimmed: true })) {
      if (mouse && this.current) this.finish(this.current);
      else this.draw();
      return;
    }
    this.select(this.#under(offset)?.id ?? "");
  }

  /** The innermost span at the place; the one around it where that is chosen already. */
  #under(offset) {
    if (offset === null) return null;
    const here = this.elements.filter((one) => one.start <= offset && offset <= one.end);
    here.sort((left, right) => left.end - left.start - (right.end - right.start));
    return here[(here.findIndex((one) => one.id === this.selected) + 1) % (here.length || 1)] ?? null;
  }

  #moveCaret(event) {
    if (!this.onContent || this.readingOnly) return false;
    const by = { ArrowUp: "line", ArrowDown: "line", Home: "edge", End: "edge" }[event.key] ?? (isWord(event) ? "word" : "character");
    const direction = ["ArrowLeft", "ArrowUp", "Home"].includes(event.key) ? -1 : 1;
    this.#keyed = true;
    const from = this.chosen?.start ?? this.viewer.firstInSight;
    this.selected = "";
    this.caret.move(by, direction, { extend: event.shiftKey, from });
    const { place } = this.caret;
    if (place) this.viewer.show({ start: place.focus });
    this.draw();
    return true;
  }

  #moveEnds(event) {
    const { chosen } = this;
    if (!chosen || !this.onContent) return false;
    const which = event.shiftKey ? "start" : "end";
    const direction = event.key === "ArrowLeft" ? -1 : 1;
    const offset = this.caret.step(chosen[which], isWord(event) ? "word" : "character", direction);
    if (this.moveEnd(chosen, which, offset, { group: `${which} ${chosen.id}` })) say(this.textOf(this.chosen));
    return true;
  }

  get actions() {
    const { leave, ...others } = super.actions;
    return {
      ...others,
      caret: (event) => this.#moveCaret(event),
      ends: (event) => this.#moveEnds(event),
      relate: () => this.joining.go(),
      leave: () => {
        if (this.joining.cancel()) return true;
        if (this.caret.selected()) { this.caret.clear(); this.draw(); return true; }
        return leave();
      },
    };
  }
}

function isWord(event) { return event.ctrlKey || event.metaKey; }

customElements.define("spans-editor", SpansEditor);
