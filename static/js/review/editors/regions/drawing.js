/** A new region while it is drawn: by dragging a box, or point by point. It has no class yet. */

import { ringsOf, rounded } from "./geometry.js";

const LEAST = 3;

export class Drawing {
  #tool;
  #extent;
  /** The corners of a box, or the points of a ring so far. */
  #points;
  /** Where the pointer is. */
  #pointer;
  done = false;

  /** `tool`: box, rotated_box, polygon or hole. */
  constructor(tool, at, extent) {
    this.#tool = tool;
    this.#extent = extent;
    this.#points = [this.#inside(at)];
    [this.#pointer] = this.#points;
  }

  get tool() { return this.#tool; }

  get byPoints() { return this.#tool === "polygon" || this.#tool === "hole"; }

  #inside({ x, y }) {
    const { width, height } = this.#extent;
    return [rounded(Math.max(0, Math.min(width, x))), rounded(Math.max(0, Math.min(height, y)))];
  }

  moveTo(at) { this.#pointer = this.#inside(at); }

  addPoint(at) {
    const point = this.#inside(at);
    const last = this.#points.at(-1);
    if (last[0] !== point[0] || last[1] !== point[1]) this.#points.push(point);
    this.#pointer = point;
  }

  /** Take the last point back; false where none is left. */
  dropPoint() {
    this.#points.pop();
    return this.#points.length > 0;
  }

  /** Whether the place is the first point, which closes the ring. */
  closesAt({ x, y }, reach) {
    const [first] = this.#points;
    return this.#points.length > 2 && Math.hypot(first[0] - x, first[1] - y) <= reach;
  }

  get #box() {
    const [[x, y], [otherX, otherY]] = [this.#points[0], this.#pointer];
    return [Math.min(x, otherX), Math.min(y, otherY), Math.abs(otherX - x), Math.abs(otherY - y)].map(rounded);
  }

  /** {rings, open}, to be drawn. */
  get shown() {
    if (this.byPoints) return { rings: [this.done ? this.#points : [...this.#points, this.#pointer]], open: !this.done };
    const [x, y, width, height] = this.#box;
    return { rings: [[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]], open: false };
  }

  /** Whether it is large enough on the screen to be meant. */
  isMeant(scale) {
    if (this.byPoints) return this.#points.length > 2;
    const [, , width, height] = this.#box;
    return width * scale >= LEAST && height * scale >= LEAST;
  }

  /** Its shape, as a part of a region; of a hole the ring. */
  get shape() {
    if (this.#tool === "hole") return this.#points;
    if (this.#tool === "polygon") return { polygon: [this.#points] };
    const [x, y, width, height] = this.#box;
    if (this.#tool === "box") return { box: [x, y, width, height] };
    return { rotated_box: [x + width / 2, y + height / 2, width, height, 0].map(rounded) };
  }
}

/** A shape that keys have put there. It has no class yet. */
export class Placed {
  done = true;
  byPoints = false;

  constructor(tool, shape) { Object.assign(this, { tool, shape }); }

  get shown() { return { rings: ringsOf(this.shape), open: false }; }

  isMeant() { return true; }
}

/** A shape in the middle of what is in sight, a quarter as large, for those who draw by keys. */
export function inTheMiddle(tool, { x, y, width, height }) {
  const box = [x + (width * 3) / 8, y + (height * 3) / 8, width / 4, height / 4].map(rounded);
  const [left, top, wide, high] = box;
  if (tool === "box") return { box };
  if (tool === "rotated_box") return { rotated_box: [left + wide / 2, top + high / 2, wide, high, 0].map(rounded) };
  return { polygon: [[[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]].map((point) => point.map(rounded))] };
}
