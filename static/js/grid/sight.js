/** Which cells have been on the screen to their end: what was not seen is not accepted. */

const EDGE = 2;
const EDGE_SHOWN = 8;

export class Sight {
  #list;
  #seen = new WeakSet();

  /** `list`: the element in which the cells scroll. */
  constructor(list) {
    this.#list = list;
    list.addEventListener("scroll", () => this.look(), { passive: true });
    new ResizeObserver(() => this.look()).observe(list);
  }

  /** Note what is in sight now. */
  look() {
    const view = this.#list.getBoundingClientRect();
    for (const cell of this.#list.children) {
      const { bottom, height } = cell.getBoundingClientRect();
      if (height && bottom > view.top && bottom <= view.bottom + EDGE) this.#seen.add(cell);
    }
  }

  /** The cells that nobody has seen yet, from the top. */
  unseen() { return [...this.#list.children].filter((cell) => !this.#seen.has(cell)); }

  /** Scroll on to the first of them. */
  show([cell]) {
    const view = this.#list.getBoundingClientRect();
    const down = cell.getBoundingClientRect().top - view.top - EDGE_SHOWN;
    // A cell taller than the window is seen a screenful at a time.
    this.#list.scrollTop += down > EDGE ? down : view.height * 0.8;
    this.look();
  }
}
