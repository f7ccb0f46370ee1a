/**
 * The place in the text where keys work, and what is selected: the browser's own selection, so that dragging, double
 * click and the handles of a touch screen select as everywhere, read and set in code points.
 */

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });

export class Caret {
  #lines;

  constructor(lines) { this.#lines = lines; }

  /** {anchor, focus, start, end} in code points; null: it is not in this text. */
  get place() {
    const selection = document.getSelection();
    if (!selection?.anchorNode) return null;
    const anchor = this.#lines.offsetAt(selection.anchorNode, selection.anchorOffset);
    const focus = this.#lines.offsetAt(selection.focusNode, selection.focusOffset);
    if (anchor === null || focus === null) return null;
    return { anchor, focus, start: Math.min(anchor, focus), end: Math.max(anchor, focus) };
  }

  /** What is selected, without the blanks around it where `trimmed`; null: nothing. */
  selected({ trimmed = false } = {}) {
    const { place } = this;
    if (!place || place.start === place.end) return null;
    if (!trimmed) return { start: place.start, end: place.end };
    const text = this.#lines.slice(place.start, place.end);
    const start = place.start + [.../^\s*/u.exec(text)[0]].length;
    const end = place.end - [.../\s*$/u.exec(text)[0]].length;
    return start < end ? { start, end } : null;
  }

  set(anchor, focus = anchor) {
    const [from, to] = [anchor, focus].map((offset) => Math.max(0, Math.min(this.#lines.length, offset)));
    const [one, other] = [this.#lines.at(from), this.#lines.at(to)];
    document.getSelection().setBaseAndExtent(one.node, one.unit(from), other.node, other.unit(to));
  }

  clear() { if (this.place) document.getSelection().removeAllRanges(); }

  /** Move by "character", "word", "line" or "edge" of a line; `extend` keeps the other end of what is selected. */
  move(by, direction, { extend = false, from = 0 } = {}) {
    const place = this.place ?? { anchor: from, focus: from };
    if (by === "line" || by === "edge") {
      if (!this.place) this.set(from);
      const unit = by === "line" ? "line" : "lineboundary";
      document.getSelection().modify(extend ? "extend" : "move", direction > 0 ? "forward" : "backward", unit);
      return;
    }
    const focus = this.step(place.focus, by, direction);
    this.set(extend ? place.anchor : focus, focus);
  }

  /** The next boundary from the offset on. */
  step(offset, by, direction) {
    const line = this.#lines.at(direction < 0 && offset > 0 ? offset - 1 : offset);
    if (direction > 0 && offset >= this.#lines.length) return offset;
    if (direction < 0 && offset <= 0) return offset;
    return by === "word" ? this.#word(line, offset, direction) : this.#character(line, offset, direction);
  }

  #character(line, offset, direction) {
    const segments = GRAPHEMES.segment(line.text);
    const unit = line.unit(offset);
    if (direction < 0) return line.offset(segments.containing(unit - 1).index);
    const { index, segment } = segments.containing(unit);
    return line.offset(index + segment.length);
  }

  /** To the end of a word, or to its start. */
  #word(line, offset, direction) {
    const segments = WORDS.segment(line.text);
    let unit = line.unit(offset);
    for (;;) {
      const found = segments.containing(direction > 0 ? unit : unit - 1);
      if (!found) return direction > 0 ? line.end : line.start;
      unit = direction > 0 ? found.index + found.segment.length : found.index;
      if (found.isWordLike || unit === 0 || unit === line.text.length) return line.offset(unit);
    }
  }
}
