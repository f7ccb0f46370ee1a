/** Changing the chosen region by keys: moved and resized by pixels, turned, and a polygon point by point. */

import { say } from "../../../shared/live.js";
import { moved, rounded } from "./geometry.js";
import { resized, withPointAfter, withoutPoint } from "./handles.js";

const FAR = 10;
const TURNS = { "[": -1, "]": 1, "{": -15, "}": 15 };

export class Keying {
  #editor;
  /** The point of the chosen polygon that keys move: {ring, index}; null: the whole region. */
  point = null;

  constructor(editor) { this.#editor = editor; }

  choosePoint(point) {
    this.point = point;
    this.#editor.draw();
  }

  /** Arrows: move; with Shift the right and the lower side; with Control ten times as far. */
  move(event) {
    const editor = this.#editor;
    const { chosen } = editor;
    if (!chosen || !editor.onContent) return false;
    const far = event.ctrlKey || event.metaKey ? FAR : 1;
    const [dx, dy] = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    const { extent } = editor.viewer;
    const shape = event.shiftKey ? resized(chosen, dx, dy, extent) : this.#pointMoved(chosen, dx, dy) ?? moved(chosen, dx, dy, extent);
    editor.reshape(chosen, shape, { group: `${event.shiftKey ? "resize" : "move"} ${chosen.id}` });
    editor.viewer.show(editor.placeOf(editor.chosen));
    return true;
  }

  #pointMoved(chosen, dx, dy) {
    if (!this.point || !chosen.polygon) return null;
    const { ring, index } = this.point;
    const { width, height } = this.#editor.viewer.extent;
    const [x, y] = chosen.polygon[ring][index];
    const at = [Math.max(0, Math.min(width, x + dx)), Math.max(0, Math.min(height, y + dy))].map(rounded);
    return { polygon: chosen.polygon.map((one, which) => (which === ring ? one.with(index, at) : one)) };
  }

  turn(event) {
    const editor = this.#editor;
    const { chosen } = editor;
    if (!chosen) { editor.hint(editor.begun || "Select a rotated box first."); return; }
    if (!chosen.rotated_box) { editor.hint("Only a rotated box can be rotated."); return; }
    const [x, y, width, height, degrees] = chosen.rotated_box;
    const turned = rounded((degrees + TURNS[event.key] + 360) % 360);
    editor.reshape(chosen, { rotated_box: [x, y, width, height, turned] }, { group: `turn ${chosen.id}` });
  }

  /** The next (1) or previous (-1) point of the chosen polygon, which arrows then move. */
  step(by) {
    const { chosen } = this.#editor;
    if (!chosen?.polygon) return false;
    const points = chosen.polygon.flatMap((ring, which) => ring.map((_, index) => ({ ring: which, index })));
    const at = points.findIndex(({ ring, index }) => ring === this.point?.ring && index === this.point?.index);
    const next = at < 0 ? (by > 0 ? 0 : points.length - 1) : (at + by + points.length) % points.length;
    this.choosePoint(points[next]);
    say(`Point ${next + 1} of ${points.length}.`);
    return true;
  }

  /** A new point between the chosen one and the next. */
  add() {
    const editor = this.#editor;
    const { chosen } = editor;
    if (!chosen?.polygon || !this.point) return false;
    const ring = chosen.polygon[this.point.ring];
    const [[x, y], [nextX, nextY]] = [ring[this.point.index], ring[(this.point.index + 1) % ring.length]];
    editor.reshape(chosen, withPointAfter(chosen, this.point, [(x + nextX) / 2, (y + nextY) / 2]));
    this.choosePoint({ ring: this.point.ring, index: this.point.index + 1 });
    return true;
  }

  /** Take the chosen point away; false where none is chosen. */
  remove(region) {
    if (!region?.polygon || !this.point) return false;
    const shape = withoutPoint(region, this.point);
    this.point = null;
    if (shape) this.#editor.reshape(region, shape);
    else this.#editor.hint("A polygon needs three points; press Delete again to delete it.");
    return true;
  }
}
