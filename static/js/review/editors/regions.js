/**
 * Regions of an image: boxes, rotated boxes, and polygons with holes. Drawn, moved and changed by mouse, touch and keys;
 * coordinates are pixels of the upright image.
 */

import { say } from "../../shared/live.js";
import { ElementEditor } from "./elements/editor.js";
import { Canvas } from "./regions/canvas.js";
import { Drawing, inTheMiddle, Placed } from "./regions/drawing.js";
import { boundsOf, isTangled, overlapOf, shapeOf } from "./regions/geometry.js";
import { Keying } from "./regions/keying.js";
import { Pointing } from "./regions/pointing.js";

const TITLES = { select: "Select", box: "Box", rotated_box: "Rotated box", polygon: "Polygon", hole: "Hole" };

class RegionsEditor extends ElementEditor {
  tool = "select";
  drawing = null;
  hidden = false;
  #opacity = 1;
  #hover = null;
  #listening = null;
  /** Whether somebody picked the tool; the first one is there without that. */
  #picked = false;
  keying = new Keying(this);

  get listName() { return "regions"; }

  get noun() { return ["region", "regions"]; }

  get #shapes() { return this.task.settings.shapes ?? ["box", "rotated_box", "polygon"]; }

  begin() {
    super.begin();
    this.tool = this.elements.length || this.data.offered?.length ? "select" : this.#shapes[0];
    for (const button of this.querySelectorAll("[data-tool]")) {
      const { tool } = button.dataset;
      button.hidden = tool !== "select" && !this.#shapes.includes(tool === "hole" ? "polygon" : tool);
    }
    this.querySelector("[data-opacity]").addEventListener("input", ({ target }) => {
      this.#opacity = Number(target.value) / 100;
      this.draw();
    });
  }

  attach() {
    this.canvas ??= new Canvas(this, this.viewer);
    this.pointing ??= new Pointing(this, this.viewer);
    this.#listening?.abort();
    this.#listening = new AbortController();
    this.pointing.listen(this.#listening.signal);
    this.viewer.addEventListener("view", () => this.draw(), this.#listening);
    super.attach();
  }

  disconnectedCallback() { this.#listening?.abort(); }

  textOf(region) {
    const shape = shapeOf(region);
    const { width, height } = boundsOf(region);
    const [wide, high] = shape === "rotated_box" ? region.rotated_box.slice(2) : [width, height];
    const size = `${Math.round(wide)} × ${Math.round(high)}`;
    const turn = shape === "rotated_box" ? `, ${Math.round(region.rotated_box[4])}°` : "";
    return `${shape === "polygon" ? "polygon " : ""}${size}${turn}${region.occluded ? ", occluded" : ""}`;
  }

  placeOf(region) { return boundsOf(region); }

  near(left, right) { return overlapOf(left, right); }

  alike(left, right) { return left.label === right.label && this.near(left, right) > 0.9 && shapeOf(left) === shapeOf(right); }

  extras(region) {
    const line = document.createElement("label");
    line.className = "check-line";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = region.occluded;
    line.dataset.on = String(region.occluded);
    box.addEventListener("change", () => this.#occlude());
    line.append(box, "Occluded");
    return [line];
  }

  // --- drawing on the screen --------------------------------------------------------------------------------

  paint() {
    const { chosen } = this;
    this.canvas.draw({
      regions: this.elements,
      chosen,
      ghosts: this.merging?.ghosts ?? [],
      draft: this.drawing?.shown ?? null,
      hover: this.#hover,
      point: this.keying.point,
      hidden: this.hidden,
      opacity: this.#opacity,
    });
    this.viewer.surface.classList.toggle("draws", this.tool !== "select");
    this.viewer.surface.classList.toggle("over", this.#hover !== null);
    for (const button of this.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === this.tool));
    this.querySelector("[data-edit=hide]").setAttribute("aria-pressed", String(this.hidden));
    this.querySelector("[data-while-drawing]").hidden = !this.drawing?.byPoints;
  }

  hoverOver(region) {
    if (region === this.#hover) return;
    this.#hover = region;
    this.draw();
  }

  select(id, options) {
    if (id !== this.selected) this.keying.point = null;
    super.select(id, options);
  }

  // --- making -----------------------------------------------------------------------------------------------

  get begun() {
    if (this.drawing?.done) return "Choose a class or press its digit. Escape discards the region.";
    return this.drawing?.byPoints ? "Close the polygon first: press Enter or click its first point. Escape discards it." : "";
  }

  startDrawing(at) {
    this.drawing = new Drawing(this.tool, at, this.viewer.extent);
    if (this.tool !== "hole") this.selected = "";
    this.draw();
  }

  dropDrawing() {
    this.drawing = null;
    this.draw();
  }

  /** The ring is closed; false where none is drawn. */
  finishPoints() {
    if (!this.drawing?.byPoints || this.drawing.done) return false;
    if (this.drawing.isMeant(1)) this.finishDrawing();
    else this.hint("A polygon needs three points.");
    return true;
  }

  /** What was drawn gets its class: the one for new ones, or the only one; else the next that is picked. */
  finishDrawing() {
    this.drawing.done = true;
    if (this.drawing.tool === "hole") { this.#cut(this.drawing.shape); return; }
    if (isTangled(this.drawing.shape)) { this.hint("The lines cross each other; draw it again."); this.dropDrawing(); return; }
    const label = this.current || (this.task.classes.length === 1 ? this.task.classes[0].name : "");
    if (label) this.finish(label);
    else { this.hint(this.begun); this.draw(); }
  }

  finish(label) {
    if (!this.drawing?.done) return false;
    const { shape } = this.drawing;
    this.drawing = null;
    this.hint("");
    this.add({ label, occluded: false, ...shape });
    return true;
  }

  #cut(ring) {
    const { chosen } = this;
    this.drawing = null;
    const polygon = chosen?.polygon ? [...chosen.polygon, ring] : null;
    if (!polygon || isTangled({ polygon })) this.hint("A hole must lie inside the selected polygon and cross no lines.");
    else this.reshape(chosen, { polygon });
    this.#use("select");
  }

  /** Another shape in the place of the region's. */
  reshape(region, shape, options) { return this.replace(region, shape, options); }

  // --- tools and keys ---------------------------------------------------------------------------------------

  #use(tool) {
    if (this.drawing?.done) { this.hint(this.begun); return; }
    this.tool = tool;
    this.#picked = true;
    this.drawing = null;
    this.draw();
    say(`${TITLES[tool]}.`);
  }

  /** A shape's key: its tool; where that was picked already, a new shape in the middle of what is in sight. */
  #shapeKey(tool, event) {
    if (!this.#shapes.includes(tool)) return false;
    if (this.drawing?.done) { this.hint(this.begun); return true; }
    if (this.tool !== tool || !this.#picked || event.type === "click") { this.#use(tool); return true; }
    this.drawing = new Placed(tool, inTheMiddle(tool, this.#sight));
    this.finishDrawing();
    return true;
  }

  get #sight() {
    const { scale, left, top } = this.viewer.view;
    const { width, height } = this.viewer.extent;
    const { clientWidth, clientHeight } = this.viewer.surface;
    const [x, y] = [Math.max(0, -left / scale), Math.max(0, -top / scale)];
    return { x, y, width: Math.min(width, (clientWidth - left) / scale) - x, height: Math.min(height, (clientHeight - top) / scale) - y };
  }

  /** The chosen point of a polygon goes first, else the region. */
  remove(element = this.chosen) { return this.keying.remove(element) || super.remove(element); }

  #occlude() {
    const { chosen } = this;
    if (!chosen) return false;
    this.replace(chosen, { occluded: !chosen.occluded });
    say(this.chosen.occluded ? "Occluded." : "Not occluded.");
    return true;
  }

  #copyPrevious() {
    const regions = this.previous()?.regions;
    if (!regions?.length) { this.hint("No previous image with regions on this page."); return; }
    const { width, height } = this.viewer.extent;
    const fitting = regions.filter((one) => { const box = boundsOf(one); return box.x + box.width <= width && box.y + box.height <= height; });
    const taken = new Set(this.elements.map(({ id }) => id));
    const copies = fitting.map((one, index) => Object.freeze({ ...one, id: taken.has(one.id) ? `copy-${index}-${one.id}` : one.id }));
    this.edit({ elements: [...this.elements, ...copies] });
    this.hint(`${copies.length} copied${fitting.length < regions.length ? "; the others do not fit" : ""}.`);
  }

  #leave() {
    if (this.drawing) this.dropDrawing();
    else if (this.keying.point) this.keying.choosePoint(null);
    else if (this.selected) this.select("");
    else if (this.tool !== "select") this.#use("select");
    else return false;
    return true;
  }

  /** A polygon whose lines cross cannot be an answer; it is shown. */
  answer(event) {
    if (this.begun) return null;
    const tangled = this.elements.find((one) => !this.proposal.has(one) && isTangled(one));
    if (!tangled) return super.answer(event);
    this.select(tangled.id, { shows: true });
    return null;
  }

  get nothing() {
    return !this.begun && this.elements.some((one) => isTangled(one)) ? "The lines of this polygon cross, or a hole lies outside: move a point." : super.nothing;
  }

  get actions() {
    return {
      ...super.actions,
      select: () => this.#use("select"),
      box: (event) => this.#shapeKey("box", event),
      rotated_box: (event) => this.#shapeKey("rotated_box", event),
      polygon: (event) => this.#shapeKey("polygon", event),
      hole: () => (this.chosen?.polygon ? this.#use("hole") : this.hint("Select a polygon first.")),
      close: () => this.finishPoints(),
      drop_point: () => {
        if (!this.drawing?.byPoints) return false;
        if (this.drawing.dropPoint()) this.draw();
        else this.dropDrawing();
        return true;
      },
      move: (event) => this.keying.move(event),
      turn: (event) => this.keying.turn(event),
      next_point: () => this.keying.step(1),
      previous_point: () => this.keying.step(-1),
      add_point: () => this.keying.add(),
      occluded: () => this.#occlude(),
      hide: () => { this.hidden = !this.hidden; this.draw(); },
      copy_previous: () => this.#copyPrevious(),
      leave: () => this.#leave(),
    };
  }
}

customElements.define("regions-editor", RegionsEditor);
