/**
 * An image that can be enlarged and moved: by keys and buttons, the wheel, two fingers, double click, and dragging. An
 * editor draws on its surface, which covers the visible part; `view` gives the position of the image on it.
 */

import { decoded } from "../../shared/images.js";
import { Viewer } from "../viewing.js";

const STEP = 1.5;
const WHEEL = 1.0015;
const LARGEST = 40;
const PAN = 60;
// Of the frame: what an image or a place that is brought into sight keeps free around it.
const MARGIN = 12;

class ImageViewer extends Viewer {
  #surface = null;
  #pointers = new Map();
  #pinch = null;
  #fits = true;
  #watch = null;
  #size = [0, 0];
  /** The position of the image in the frame: `scale` pixels of the screen for one of the image, its left upper corner. */
  view = { scale: 1, left: 0, top: 0 };

  get #frame() { return this.querySelector(".image-frame"); }

  get #image() { return this.querySelector("img"); }

  ready() { return decoded(this.#image); }

  get extent() {
    const { width, height } = this.dataset;
    return { width: Number(width) || this.#image.naturalWidth, height: Number(height) || this.#image.naturalHeight };
  }

  get surface() {
    if (!this.#surface) {
      this.#surface = document.createElement("div");
      this.#surface.className = "image-surface";
      this.#frame.append(this.#surface);
    }
    return this.#surface;
  }

  connectedCallback() {
    this.classList.add("scripted");
    this.#watch = new ResizeObserver(() => this.#onResize());
    this.#watch.observe(this.#frame);
    if (this.listens) return;
    this.listens = true;
    this.#listen();
  }

  disconnectedCallback() { this.#watch?.disconnect(); }

  #listen() {
    const frame = this.#frame;
    this.#image.addEventListener("load", () => { if (this.#fits) this.fit(); });
    this.addEventListener("click", ({ target }) => this.actions[target.closest("[data-view]")?.dataset.view]?.());
    frame.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.#onDown(event), { capture: true });
    frame.addEventListener("pointermove", (event) => this.#onMove(event), { capture: true });
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => this.#onUp(event), { capture: true });
    frame.addEventListener("pointerdown", (event) => this.#onFree(event));
    frame.addEventListener("dblclick", (event) => {
      if (event.defaultPrevented) return;
      if (this.#fits) this.zoomBy(2 * STEP, ...this.#inFrame(event.clientX, event.clientY));
      else this.fit();
    });
  }

  get actions() {
    return {
      zoom_in: () => this.zoomBy(STEP),
      zoom_out: () => this.zoomBy(1 / STEP),
      zoom_fit: () => this.fit(),
      pan: ({ key }) => this.panBy(...{ ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] }[key]),
    };
  }

  /** The whole image, as large as the frame allows. */
  fit() {
    this.#fits = true;
    this.view = this.#fitting();
    this.#apply();
  }

  /** What was in the middle stays there. */
  #onResize() {
    const { clientWidth, clientHeight } = this.#frame;
    const [width, height] = this.#size;
    this.#size = [clientWidth, clientHeight];
    if (this.#fits) { this.fit(); return; }
    this.view = { ...this.view, left: this.view.left + (clientWidth - width) / 2, top: this.view.top + (clientHeight - height) / 2 };
    this.#apply();
  }

  #fitting() {
    const { width, height } = this.extent;
    const room = this.#room;
    const scale = Math.max(0.001, Math.min(room.width / (width || 1), room.height / (height || 1)));
    return { scale, left: (this.#frame.clientWidth - width * scale) / 2, top: (this.#frame.clientHeight - height * scale) / 2 };
  }

  get #room() {
    return { width: this.#frame.clientWidth - 2 * MARGIN, height: this.#frame.clientHeight - 2 * MARGIN };
  }

  /** Enlarge around a point of the frame, or its middle. */
  zoomBy(times, x = this.#frame.clientWidth / 2, y = this.#frame.clientHeight / 2) {
    const least = Math.min(1, this.#fitting().scale);
    const { scale, left, top } = this.view;
    const next = Math.min(Math.max(LARGEST, least * 8), Math.max(least, scale * times));
    if (next <= this.#fitting().scale * 1.001 && times < 1) { this.fit(); return; }
    this.#fits = false;
    this.view = { scale: next, left: x - ((x - left) * next) / scale, top: y - ((y - top) * next) / scale };
    this.#apply();
  }

  panBy(x, y) {
    if (this.#fits) return;
    this.view = { ...this.view, left: this.view.left + x, top: this.view.top + y };
    this.#apply();
  }

  #apply() {
    const { width, height } = this.extent;
    const frame = this.#frame;
    const keep = (at, size, room) => Math.min(room - MARGIN * 3, Math.max(MARGIN * 3 - size, at));
    this.view.left = keep(this.view.left, width * this.view.scale, frame.clientWidth);
    this.view.top = keep(this.view.top, height * this.view.scale, frame.clientHeight);
    const { scale, left, top } = this.view;
    const { style } = this.#image;
    style.inlineSize = `${width * scale}px`;
    style.blockSize = `${height * scale}px`;
    style.transform = `translate(${left}px, ${top}px)`;
    this.classList.toggle("zoomed", !this.#fits);
    this.classList.toggle("pixels", scale >= 4);
    this.#sharpen(scale);
    this.dispatchEvent(new Event("view"));
  }

  /** A large image is shown smaller at first; the file itself comes when it is enlarged beyond that. */
  async #sharpen(scale) {
    const image = this.#image;
    const { whole } = image.dataset;
    if (!whole || !image.naturalWidth || this.extent.width * scale * devicePixelRatio <= image.naturalWidth * 1.1) return;
    delete image.dataset.whole;
    const file = new Image();
    file.src = whole;
    await decoded(file);
    if (file.naturalWidth) image.src = whole;
  }

  #inFrame(x, y) {
    const box = this.#frame.getBoundingClientRect();
    return [x - box.left - this.#frame.clientLeft, y - box.top - this.#frame.clientTop];
  }

  /** The pixel of the image, as {x, y}, also outside it. */
  toContent(x, y) {
    const [inX, inY] = this.#inFrame(x, y);
    return { x: (inX - this.view.left) / this.view.scale, y: (inY - this.view.top) / this.view.scale };
  }

  /** Bring a rectangle of the image, {x, y, width, height}, into sight; enlarge where it is too small to be seen. */
  show({ x, y, width, height }) {
    const frame = this.#frame;
    const { scale, left, top } = this.view;
    const small = Math.max(width, height) * scale < 16;
    const inside = left + x * scale >= 0 && top + y * scale >= 0
      && left + (x + width) * scale <= frame.clientWidth && top + (y + height) * scale <= frame.clientHeight;
    if (inside && !small) return;
    const wanted = small ? Math.min(LARGEST, 48 / Math.max(width, height, 1)) : scale;
    const most = Math.min(this.#room.width / (width || 1), this.#room.height / (height || 1));
    const next = Math.max(Math.min(wanted, most), Math.min(scale, this.#fitting().scale));
    this.#fits = false;
    this.view = {
      scale: next,
      left: frame.clientWidth / 2 - (x + width / 2) * next,
      top: frame.clientHeight / 2 - (y + height / 2) * next,
    };
    this.#apply();
  }

  #onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoomBy(WHEEL ** (-event.deltaY * lines * (event.ctrlKey ? 6 : 1)), ...this.#inFrame(event.clientX, event.clientY));
  }

  /** Two fingers enlarge and move, whatever an editor would do with one. */
  #onDown(event) {
    if (event.pointerType !== "touch") return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.#pointers.size !== 2) return;
    this.#pinch = this.#between();
    this.dispatchEvent(new Event("gesture"));
    event.stopPropagation();
  }

  #onMove(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (!this.#pinch) return;
    event.stopPropagation();
    if (this.#pointers.size < 2) return;
    const now = this.#between();
    this.#fits = false;
    this.view.left += now.x - this.#pinch.x;
    this.view.top += now.y - this.#pinch.y;
    this.zoomBy(now.distance / this.#pinch.distance, ...this.#inFrame(now.x, now.y));
    this.#pinch = now;
  }

  #onUp(event) {
    if (!this.#pointers.delete(event.pointerId) || !this.#pinch) return;
    event.stopPropagation();
    if (this.#pointers.size === 0) this.#pinch = null;
  }

  #between() {
    const [one, other] = [...this.#pointers.values()];
    return { x: (one[0] + other[0]) / 2, y: (one[1] + other[1]) / 2, distance: Math.hypot(one[0] - other[0], one[1] - other[1]) || 1 };
  }

  /** A drag that no editor has taken moves the image. */
  #onFree(event) {
    if (event.defaultPrevented || this.#fits || this.#pinch || event.button > 1) return;
    event.preventDefault();
    this.drag(event);
  }

  /** Move the image with this pointer until it is let go. */
  drag(event) {
    const frame = this.#frame;
    let from = [event.clientX, event.clientY];
    const move = (moved) => {
      if (moved.pointerId !== event.pointerId || this.#pinch) return;
      this.panBy(moved.clientX - from[0], moved.clientY - from[1]);
      from = [moved.clientX, moved.clientY];
    };
    const end = new AbortController();
    frame.setPointerCapture(event.pointerId);
    this.classList.add("panning");
    frame.addEventListener("pointermove", move, end);
    for (const name of ["pointerup", "pointercancel"]) {
      frame.addEventListener(name, () => { this.classList.remove("panning"); end.abort(); }, end);
    }
  }
}

customElements.define("image-viewer", ImageViewer);
