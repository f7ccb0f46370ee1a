/**
 * A text, as it is: offsets are Unicode code points of the item's text, whatever characters it has. Lines become
 * blocks of their own when an editor asks for them, so that a long text is laid out and drawn line by line.
 */

import { Viewer } from "../viewing.js";
import { Lines } from "../lines.js";

// Pixels that an arrow key scrolls by: about three lines.
const LINES = 96;

class TextViewer extends Viewer {
  #lines = null;
  #surface = null;
  #watch = null;

  get #block() { return this.querySelector(".item-text"); }

  /** The text itself. The parser of HTML turns carriage returns into line feeds; such a text comes as data too. */
  get text() {
    const data = this.querySelector("[data-exact]");
    return data ? JSON.parse(data.textContent) : this.#block.textContent;
  }

  /** The text in lines, each an element. */
  get lines() {
    this.#lines ??= new Lines(this.text, this.#block);
    return this.#lines;
  }

  get extent() { return { length: this.lines.length }; }

  /** An element for drawing, as large as the text, behind and above it. */
  get surface() {
    if (!this.#surface) {
      this.#surface = document.createElement("div");
      this.#surface.className = "text-surface";
      this.append(this.#surface);
      this.classList.add("drawn-on");
    }
    return this.#surface;
  }

  connectedCallback() {
    const tell = () => this.dispatchEvent(new Event("view"));
    this.#watch = new ResizeObserver(() => { this.#reachByKeys(); tell(); });
    this.#watch.observe(this);
    this.#watch.observe(this.#scroller);
    this.#scroller?.addEventListener("scroll", tell, { passive: true });
  }

  disconnectedCallback() { this.#watch?.disconnect(); }

  /** A text that is longer than its room can be scrolled by keys in every browser. */
  #reachByKeys() {
    const scroller = this.#scroller;
    if (!scroller) return;
    const scrolls = scroller.scrollHeight > scroller.clientHeight;
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", "The text"]]) {
      if (scrolls) scroller.setAttribute(name, value);
      else scroller.removeAttribute(name);
    }
  }

  get #scroller() { return this.closest(".item-body"); }

  /** What is in sight, in the surface's own coordinates: {top, bottom}. */
  get sight() {
    const own = this.getBoundingClientRect();
    const seen = this.#scroller.getBoundingClientRect();
    return { top: seen.top - own.top, bottom: seen.bottom - own.top };
  }

  /** The offset with which the first line in sight begins. */
  get firstInSight() {
    const { top } = this.#scroller.getBoundingClientRect();
    const line = this.lines.all.find(({ element }) => element.getBoundingClientRect().bottom > top + 4);
    return line?.start ?? 0;
  }

  /** The offset of the character boundary nearest to the point; null outside the text. */
  toContent(x, y) {
    const found = document.caretPositionFromPoint?.(x, y);
    if (found) return this.lines.offsetAt(found.offsetNode, found.offset);
    const range = document.caretRangeFromPoint?.(x, y);
    return range ? this.lines.offsetAt(range.startContainer, range.startOffset) : null;
  }

  /** Rectangles of a part of one line, in the surface's coordinates. */
  rectsOf(line, start, end) {
    const own = this.getBoundingClientRect();
    return this.lines.rectsOf(line, start, end).map((one) => ({
      left: one.left - own.left, top: one.top - own.top, width: one.width, height: one.height,
    }));
  }

  /** Keys scroll the text at once, whatever has the focus; where all of it is in sight they keep their next meaning. */
  get actions() {
    const page = () => Math.max(48, this.#scroller.clientHeight - 64);
    return {
      page_down: () => this.#scroll(page()),
      page_up: () => this.#scroll(-page()),
      line_down: () => this.#scroll(LINES),
      line_up: () => this.#scroll(-LINES),
      to_end: () => this.#scroll(this.#scroller.scrollHeight),
      to_start: () => this.#scroll(-this.#scroller.scrollHeight),
    };
  }

  #scroll(by) {
    const scroller = this.#scroller;
    if (scroller.scrollHeight <= scroller.clientHeight) return false;
    scroller.scrollTop += by;
    return true;
  }

  show({ start }) {
    const line = this.lines.at(start);
    const [rect] = this.lines.rectsOf(line, start, Math.min(line.end, start + 1));
    const box = rect ?? line.element.getBoundingClientRect();
    const seen = this.#scroller.getBoundingClientRect();
    const margin = Math.min(64, seen.height / 4);
    if (box.top < seen.top + margin / 2) this.#scroller.scrollTop -= seen.top + margin - box.top;
    else if (box.top + box.height > seen.bottom - margin) this.#scroller.scrollTop += box.top + box.height - (seen.bottom - margin);
  }
}

customElements.define("text-viewer", TextViewer);
