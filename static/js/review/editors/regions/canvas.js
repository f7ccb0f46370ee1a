/**
 * All regions on a canvas, and above it, as SVG, the chosen one with its handles and what is being drawn. While one is
 * dragged, or only another is chosen, the canvas stays as it is: of two thousand regions only one is redrawn.
 */

import { boundsOf, ringsOf } from "./geometry.js";
import { handlesOf } from "./handles.js";

const SVG = "http://www.w3.org/2000/svg";
// Names are shown beside the shapes up to this number of visible shapes.
const MOST_NAMED = 60;
// With more, lines are thin and plain: their width shows what is sure and what is not.
const MOST_ADORNED = 150;
const REST_MS = 150;

export class Canvas {
  #viewer;
  #editor;
  #canvas = document.createElement("canvas");
  #svg = document.createElementNS(SVG, "svg");
  #drawn = null;
  #timer = 0;

  constructor(editor, viewer) {
    this.#editor = editor;
    this.#viewer = viewer;
    this.#canvas.setAttribute("aria-hidden", "true");
    viewer.surface.replaceChildren(this.#canvas, this.#svg);
  }

  /** `draft`: {rings, open} of what is being drawn; `hover`: the region under the pointer; `hidden`, `opacity`. */
  draw({ regions, chosen, ghosts, draft, hover, point, hidden, opacity }) {
    const { view, surface } = this.#viewer;
    const key = [view.scale, view.left, view.top, surface.clientWidth, surface.clientHeight, devicePixelRatio, opacity, hidden];
    if (!this.#isDrawn(key, regions, chosen)) {
      // Whatever has been changed since is drawn above; left out here, it can change again.
      const without = chosen && this.#drawn && !this.#drawn.regions.includes(chosen) ? chosen.id : "";
      this.#drawn = { key, without, regions, states: this.#states(regions) };
      this.#drawAll(hidden ? [] : regions.filter(({ id }) => id !== without), key.slice(3, 6), opacity);
    } else if (this.#states(regions) !== this.#drawn.states) this.#drawSoon();
    const shapes = ghosts.map((one) => this.#shape(one, "ghost"));
    if (hover && hover !== chosen && !hidden) shapes.push(this.#shape(hover, ""));
    if (chosen) shapes.push(this.#chosen(chosen, point));
    if (draft) shapes.push(this.#draft(draft));
    this.#svg.replaceChildren(...shapes);
  }

  /** Whether the canvas shows these regions, but for one that is chosen and left out. */
  #isDrawn(key, regions, chosen) {
    const drawn = this.#drawn;
    if (!drawn || drawn.regions.length !== regions.length || drawn.key.some((one, index) => one !== key[index])) return false;
    if (drawn.without && drawn.without !== chosen?.id) return false;
    return regions.every((one, index) => (
      (drawn.without && one.id === drawn.without && drawn.regions[index].id === one.id)
      || one === drawn.regions[index]
    ));
  }

  #states(regions) { return regions.map((one) => this.#stateOf(one)).join(""); }

  /** Where one was only called right, its line can wait until the keys rest. */
  #drawSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#drawn = null; this.#editor.draw(); }, REST_MS);
  }

  #stateOf(region) { return this.#editor.isLow(region) ? "l" : this.#editor.isOpen(region) ? "o" : "s"; }

  #drawAll(regions, [width, height, ratio], opacity) {
    const canvas = this.#canvas;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.globalAlpha = opacity;
    const seen = regions.filter((one) => this.#isSeen(one, width, height));
    for (const [, group] of grouped(seen, (one) => `${one.label} ${this.#stateOf(one)}`)) this.#drawGroup(pen, group, seen.length);
    if (seen.length <= MOST_NAMED) for (const one of seen) this.#name(pen, one, width);
  }

  #isSeen(region, width, height) {
    const { scale, left, top } = this.#viewer.view;
    const box = boundsOf(region);
    return left + (box.x + box.width) * scale >= 0 && left + box.x * scale <= width
      && top + (box.y + box.height) * scale >= 0 && top + box.y * scale <= height;
  }

  /** Regions of one class and state, in one stroke. */
  #drawGroup(pen, group, all) {
    const { color } = this.#editor.classOf(group[0].label);
    const state = this.#stateOf(group[0]);
    const path = new Path2D();
    for (const region of group) this.#trace(path, region);
    const adorned = all <= MOST_ADORNED;
    pen.setLineDash([]);
    if (adorned) {
      pen.fillStyle = `${color}1f`;
      pen.fill(path, "evenodd");
      pen.strokeStyle = "rgb(255 255 255 / 75%)";
      pen.lineWidth = 4;
      pen.stroke(path);
      pen.setLineDash({ l: [3, 3], o: [7, 4], s: [] }[state]);
    }
    pen.strokeStyle = color;
    pen.lineWidth = adorned ? { l: 2.5, o: 2, s: 2 }[state] : { l: 2.5, o: 1.5, s: 1 }[state];
    pen.stroke(path);
  }

  #trace(path, region) {
    const { scale, left, top } = this.#viewer.view;
    if (region.box) {
      const [x, y, width, height] = region.box;
      path.rect(left + x * scale, top + y * scale, width * scale, height * scale);
      return;
    }
    for (const ring of ringsOf(region)) {
      ring.forEach(([x, y], index) => path[index ? "lineTo" : "moveTo"](left + x * scale, top + y * scale));
      path.closePath();
    }
  }

  #name(pen, region, across) {
    const { scale, left, top } = this.#viewer.view;
    const box = boundsOf(region);
    const { title, color } = this.#editor.classOf(region.label);
    const text = `${title}${this.#stateOf(region) === "l" ? " ?" : ""}`;
    pen.font = "600 11px system-ui, sans-serif";
    const width = pen.measureText(text).width + 14;
    const [x, y] = [Math.max(0, Math.min(across - width, left + box.x * scale)), Math.max(15, top + box.y * scale)];
    pen.fillStyle = "rgb(15 18 23 / 82%)";
    pen.fillRect(x, y - 15, width, 15);
    pen.fillStyle = color;
    pen.fillRect(x + 3, y - 11, 6, 7);
    pen.fillStyle = "#fff";
    pen.fillText(text, x + 11, y - 4);
  }

  #chosen(region, point) {
    const group = this.#shape(region, this.#editor.isOpen(region) ? "open" : "");
    group.setAttribute("role", "img");
    group.setAttribute("aria-label", this.#editor.nameOf(region));
    if (this.#editor.readingOnly) return group;
    const { scale, left, top } = this.#viewer.view;
    for (const handle of handlesOf(region, scale)) {
      const here = point && handle.kind === "point" && handle.ring === point.ring && handle.index === point.index;
      const radius = handle.kind === "between" ? 3.5 : 5;
      group.append(svg("circle", {
        class: `shape-handle ${handle.kind}${here ? " here" : ""}`, cx: left + handle.at[0] * scale, cy: top + handle.at[1] * scale, r: radius,
      }));
    }
    return group;
  }

  #shape(region, state) {
    const group = svg("g", {});
    group.style.setProperty("--class", this.#editor.classOf(region.label).color);
    const path = this.#path(ringsOf(region), true);
    group.append(svg("path", { class: "shape-case", d: path }), svg("path", { class: `shape-line ${state}`, d: path }));
    return group;
  }

  #draft({ rings, open }) {
    const group = svg("g", {});
    const path = this.#path(rings, !open);
    group.append(svg("path", { class: "shape-case draft", d: path }), svg("path", { class: "shape-line draft", d: path }));
    if (!open) return group;
    const { scale, left, top } = this.#viewer.view;
    for (const [x, y] of rings[0].slice(0, -1)) {
      group.append(svg("circle", { class: "shape-handle", cx: left + x * scale, cy: top + y * scale, r: 4 }));
    }
    return group;
  }

  #path(rings, closed) {
    const { scale, left, top } = this.#viewer.view;
    const at = ([x, y]) => `${(left + x * scale).toFixed(1)} ${(top + y * scale).toFixed(1)}`;
    return rings.map((ring) => `M${ring.map(at).join("L")}${closed ? "Z" : ""}`).join("");
  }
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const one of list) {
    const key = keyOf(one);
    if (groups.has(key)) groups.get(key).push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
