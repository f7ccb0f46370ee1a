/**
 * Mouse and touch on the image: drawing, choosing, moving, and taking hold of handles. What none of these wants moves
 * the image.
 */

import { areaOf, contains, moved } from "./geometry.js";
import { dragged, handlesOf, withPointAfter } from "./handles.js";

const REACH = { mouse: 8, pen: 12, touch: 22 };
// A press that goes no farther chooses; farther, it drags.
const STILL = 3;

let drags = 0;

export class Pointing {
  #editor;
  #viewer;
  #gesture = null;
  /** Whether the space bar is held: then every drag moves the image. */
  #space = false;

  constructor(editor, viewer) {
    this.#editor = editor;
    this.#viewer = viewer;
    const { surface } = viewer;
    surface.addEventListener("pointerdown", (event) => this.#onDown(event));
    surface.addEventListener("pointermove", (event) => this.#onMove(event));
    surface.addEventListener("pointerup", (event) => this.#onUp(event));
    surface.addEventListener("pointercancel", () => this.cancel());
    surface.addEventListener("pointerleave", () => editor.hoverOver(null));
    surface.addEventListener("dblclick", (event) => { if (editor.finishPoints()) event.preventDefault(); });
    viewer.addEventListener("gesture", () => this.cancel());
  }

  /** Listen to the space bar until the signal. */
  listen(signal) {
    const set = (on) => (event) => {
      if (event.key !== " " || event.target.closest?.("button, input, select, textarea, a, summary")) return;
      this.#space = on;
      event.preventDefault();
    };
    document.addEventListener("keydown", set(true), { signal });
    document.addEventListener("keyup", set(false), { signal });
  }

  /** Let go of what was begun, as it was before. */
  cancel() {
    const gesture = this.#gesture;
    this.#gesture = null;
    if (gesture?.drawing) this.#editor.dropDrawing();
    if (gesture?.changed) this.#editor.actions.undo_edit();
  }

  #reach(event) { return (REACH[event.pointerType] ?? REACH.mouse) / this.#viewer.view.scale; }

  #at(event) { return this.#viewer.toContent(event.clientX, event.clientY); }

  #onDown(event) {
    const editor = this.#editor;
    if (editor.readingOnly || event.button > 1) return;
    // The item has the focus while somebody draws on it, so that keys are for it.
    document.getElementById("item")?.focus({ preventScroll: true });
    event.preventDefault();
    event.stopPropagation();
    if (this.#space || event.button === 1) { this.#viewer.drag(event); return; }
    // What waits for its class is not drawn over.
    if (editor.drawing?.done) { editor.hint(editor.begun); return; }
    const at = this.#at(event);
    const gesture = { at, from: [event.clientX, event.clientY], pointer: event.pointerId };
    const handle = this.#handleAt(at, this.#reach(event));
    if (editor.drawing?.byPoints) this.#addPoint(at, event);
    else if (handle) this.#hold(gesture, handle);
    else if (editor.tool !== "select") this.#begin(gesture, at, event);
    else this.#choose(gesture, at, event);
  }

  #begin(gesture, at, event) {
    this.#editor.startDrawing(at);
    if (this.#editor.drawing?.byPoints) return;
    this.#take({ ...gesture, drawing: true }, event);
  }

  #addPoint(at, event) {
    const editor = this.#editor;
    if (editor.drawing.closesAt(at, this.#reach(event) * 1.5)) { editor.finishPoints(); return; }
    editor.drawing.addPoint(at);
    editor.draw();
  }

  #take(gesture, { pointerId }) {
    drags += 1;
    this.#gesture = { ...gesture, options: { group: `drag ${drags}`, whole: true } };
    this.#viewer.surface.setPointerCapture(pointerId);
  }

  #handleAt({ x, y }, reach) {
    const { chosen } = this.#editor;
    if (!chosen) return null;
    const near = handlesOf(chosen, this.#viewer.view.scale).filter(({ at }) => Math.hypot(at[0] - x, at[1] - y) <= reach);
    return near[0] ?? null;
  }

  #hold(gesture, handle) {
    const editor = this.#editor;
    if (handle.kind === "point" || handle.kind === "between") editor.keying.choosePoint(handle.kind === "point" ? handle : null);
    this.#take({ ...gesture, handle, base: editor.chosen }, { pointerId: gesture.pointer });
  }

  /** The smallest region under the point; where it is chosen already and nothing is dragged, the next larger one. */
  #choose(gesture, at, event) {
    const editor = this.#editor;
    const under = this.under(at, this.#reach(event) / 2);
    if (!under.length) {
      editor.select("");
      this.#viewer.drag(event);
      return;
    }
    const held = under.includes(editor.chosen) ? editor.chosen : under[0];
    const was = held === editor.chosen;
    const next = under[(under.indexOf(held) + 1) % under.length];
    if (held !== editor.chosen) editor.select(held.id);
    this.#take({ ...gesture, move: held, next: was && next !== held ? next : null }, event);
  }

  under(at, reach) {
    if (this.#editor.hidden) return [];
    const found = this.#editor.elements.filter((one) => contains(one, at, reach));
    return found.sort((left, right) => areaOf(left) - areaOf(right));
  }

  #onMove(event) {
    const editor = this.#editor;
    const gesture = this.#gesture;
    const at = this.#at(event);
    if (editor.drawing && !editor.drawing.done) { editor.drawing.moveTo(at); editor.draw(); }
    if (!gesture) { this.#hover(at, event); return; }
    if (gesture.pointer !== event.pointerId) return;
    gesture.far ||= Math.hypot(event.clientX - gesture.from[0], event.clientY - gesture.from[1]) > STILL;
    if (!gesture.far) return;
    if (gesture.handle) this.#dragHandle(gesture, at, event);
    else if (gesture.move) this.#drag(gesture, moved(gesture.move, at.x - gesture.at.x, at.y - gesture.at.y, this.#viewer.extent));
  }

  #hover(at, event) {
    if (event.pointerType === "touch") return;
    const editor = this.#editor;
    const over = editor.tool === "select" && !editor.drawing ? this.under(at, this.#reach(event) / 2)[0] ?? null : null;
    editor.hoverOver(over);
  }

  #dragHandle(gesture, at, event) {
    const editor = this.#editor;
    if (gesture.handle.kind === "between") {
      const { ring, index } = gesture.handle;
      this.#drag(gesture, withPointAfter(gesture.base, gesture.handle, [at.x, at.y]));
      gesture.base = editor.chosen;
      gesture.handle = { kind: "point", ring, index: index + 1 };
      editor.keying.choosePoint(gesture.handle);
    }
    if (gesture.base) this.#drag(gesture, dragged(gesture.base, gesture.handle, at, this.#viewer.extent, { snaps: event.shiftKey }));
  }

  #drag(gesture, shape) {
    const editor = this.#editor;
    if (!editor.chosen) return;
    gesture.changed = true;
    editor.reshape(editor.chosen, shape, gesture.options);
  }

  #onUp(event) {
    const gesture = this.#gesture;
    if (!gesture || gesture.pointer !== event.pointerId) return;
    this.#gesture = null;
    const editor = this.#editor;
    if (gesture.drawing) {
      if (editor.drawing?.isMeant(this.#viewer.view.scale)) editor.finishDrawing();
      else { editor.dropDrawing(); editor.select(this.under(gesture.at, this.#reach(event) / 2)[0]?.id ?? ""); }
    } else if (gesture.move && !gesture.far && gesture.next) editor.select(gesture.next.id);
  }
}
