/** The list of predicted classes beside the grid, with live counts of open items; the next class. */

import { setName } from "../shared/names.js";

export class GridClasses {
  #root;
  #format = new Intl.NumberFormat(document.documentElement.lang || "en");

  constructor(root) { this.#root = root; }

  get #links() { return [...this.#root.querySelectorAll("a[data-count]")]; }

  get #current() { return this.#links.findIndex((link) => link.hasAttribute("aria-current")); }

  /** How many wait of the class on the screen. */
  get left() { return Number(this.#links[this.#current]?.dataset.count ?? 0); }

  /** A number of items of the current class were decided; negative: undone. */
  decided(count) {
    const link = this.#links[this.#current];
    if (!link) return;
    link.dataset.count = String(Math.max(0, Number(link.dataset.count) - count));
    link.querySelector(".count").textContent = this.#format.format(Number(link.dataset.count));
  }

  /** The link of the next class (1) or the one before (-1) of which something waits, round the end; null: there is none. */
  beside(direction) {
    const links = this.#links;
    const { length } = links;
    const from = this.#current === -1 && direction < 0 ? 0 : this.#current;
    for (let step = 1; step <= length; step += 1) {
      const link = links[(((from + direction * step) % length) + length) % length];
      if (Number(link.dataset.count) && !link.hasAttribute("aria-current")) return link;
    }
    return null;
  }

  /** No items of this class left: the next one is a key away, by this link. */
  offer(button) {
    const link = this.beside(1);
    button.hidden = !link;
    if (!link) return;
    setName(button.querySelector("[data-name]"), link.querySelector("[data-name]").textContent);
    button.href = link.href;
    button.focus();
  }
}
