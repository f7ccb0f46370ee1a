/**
 * A text in lines. Offsets are counted in code points; the browser counts UTF-16 units, which differ where a character
 * is above U+FFFF. A line with such characters has a table of both.
 */

const ABOVE = /[\ud800-\udbff]/;

class Line {
  #unitOf = null;

  constructor(text, start) {
    this.text = text;
    this.start = start;
    if (ABOVE.test(text)) this.#unitOf = tableOf(text);
    this.end = start + (this.#unitOf ? this.#unitOf.length - 1 : text.length);
    this.element = document.createElement("p");
    this.element.className = "line";
    this.node = document.createTextNode(text);
    this.element.append(this.node);
  }

  /** The unit in the line's text at which the code point of that offset begins. */
  unit(offset) { return this.#unitOf ? this.#unitOf[offset - this.start] : offset - this.start; }

  /** The offset of the code point that begins at the unit, or is the last one before it. */
  offset(unit) {
    if (!this.#unitOf) return this.start + unit;
    let low = 0;
    let high = this.#unitOf.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#unitOf[middle] <= unit) low = middle;
      else high = middle - 1;
    }
    return this.start + low;
  }

  slice(start, end) { return this.text.slice(this.unit(start), this.unit(end)); }
}

/** For each code point, and the end, the unit at which it begins. */
function tableOf(text) {
  const units = [0];
  for (const character of text) units.push(units[units.length - 1] + character.length);
  return Uint32Array.from(units);
}

export class Lines {
  #all = [];
  #block;

  /** Puts the lines of the text into the block. */
  constructor(text, block) {
    this.#block = block;
    let start = 0;
    for (const part of text.match(/[^\n]*\n|[^\n]+$/g) ?? [""]) {
      const line = new Line(part, start);
      line.index = this.#all.length;
      this.#all.push(line);
      start = line.end;
    }
    this.length = start;
    block.replaceChildren(...this.#all.map((line) => line.element));
  }

  get all() { return this.#all; }

  /** The line that contains the offset; the end of the text is in the last one. */
  at(offset) {
    let low = 0;
    let high = this.#all.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#all[middle].start <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#all[low];
  }

  /** Lines that overlap the range between the offsets. */
  between(start, end) {
    const last = this.at(Math.max(start, end - 1)).index;
    return this.#all.slice(this.at(start).index, last + 1);
  }

  slice(start, end) {
    return this.between(start, end).map((line) => line.slice(Math.max(start, line.start), Math.min(end, line.end))).join("");
  }

  /** The offset of a place in the document; null where it is outside of the text. */
  offsetAt(node, unit) {
    if (node === this.#block) return unit < this.#all.length ? this.#all[unit].start : this.length;
    const element = (node.nodeType === Node.TEXT_NODE ? node.parentNode : node)?.closest?.(".line");
    if (!element || element.parentNode !== this.#block) return null;
    const line = this.#lineOf(element);
    if (node === line.node) return line.offset(unit);
    return unit ? line.end : line.start;
  }

  #lineOf(element) {
    this.byElement ??= new Map(this.#all.map((line) => [line.element, line]));
    return this.byElement.get(element);
  }

  rectsOf(line, start, end) {
    const range = document.createRange();
    range.setStart(line.node, line.unit(Math.max(start, line.start)));
    range.setEnd(line.node, line.unit(Math.min(end, line.end)));
    return [...range.getClientRects()];
  }
}
