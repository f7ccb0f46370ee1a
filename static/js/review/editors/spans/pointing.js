/** Mouse and touch on the text: what was selected or pointed at, and the two ends of a span that can be dragged. */

let drags = 0;

export class Pointing {
  #editor;
  #viewer;

  constructor(editor, viewer) {
    this.#editor = editor;
    this.#viewer = viewer;
    viewer.addEventListener("pointerdown", (event) => this.#onDown(event));
    // Else the browser would begin to select text.
    viewer.addEventListener("mousedown", (event) => { if (event.target.dataset.grip) event.preventDefault(); });
  }

  #onDown(event) {
    const { grip } = event.target.dataset;
    if (event.button > 0) return;
    if (grip) {
      if (this.#editor.chosen && !this.#editor.readingOnly) this.#drag(event, grip);
      return;
    }
    const id = event.target.closest("[data-id]")?.dataset.id ?? "";
    const end = new AbortController();
    // The button may be let go anywhere, and what is selected is known only then.
    document.addEventListener("pointerup", (up) => { end.abort(); setTimeout(() => this.#tell(event, up, id)); }, end);
    document.addEventListener("pointercancel", () => end.abort(), end);
  }

  #tell(down, up, id) {
    const still = Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) < 4;
    const offset = still ? this.#viewer.toContent(up.clientX, up.clientY) : null;
    this.#editor.pointed({ id, offset, mouse: up.pointerType !== "touch" });
  }

  #drag(event, which) {
    event.preventDefault();
    event.stopPropagation();
    drags += 1;
    const options = { group: `drag ${drags}`, whole: true };
    const { surface } = this.#viewer;
    const { selected } = this.#editor;
    const end = new AbortController();
    this.#viewer.setPointerCapture(event.pointerId);
    surface.classList.add("dragging");
    this.#viewer.addEventListener("pointermove", (moved) => {
      const offset = this.#viewer.toContent(moved.clientX, moved.clientY);
      if (offset !== null && this.#editor.chosen?.id === selected) this.#editor.moveEnd(this.#editor.chosen, which, offset, options);
    }, end);
    for (const name of ["pointerup", "pointercancel"]) {
      this.#viewer.addEventListener(name, () => { surface.classList.remove("dragging"); end.abort(); }, end);
    }
  }
}
