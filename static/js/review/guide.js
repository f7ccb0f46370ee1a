/**
 * The guidelines: beside the item where there is room, else in a dialog. One element that moves between the two.
 * Examples of a class are asked for when somebody opens it.
 */

import { Unreachable, getFragment } from "../shared/http.js";

export class Guide {
  #aside;
  #dialog;
  #content;

  constructor({ aside, dialog, content }) {
    this.#aside = aside;
    this.#dialog = dialog;
    this.#content = content;
    content.addEventListener("toggle", (event) => this.#onToggle(event.target), true);
    // Back beside the item, should there be room by then.
    dialog.addEventListener("close", () => aside.append(content));
    aside.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      document.getElementById("item")?.focus({ preventScroll: true });
    });
  }

  /** Read them: the keyboard goes to where they are. */
  open() {
    if (this.#aside.offsetParent) { this.#aside.focus(); return; }
    this.#dialog.querySelector("[data-guide-place]").append(this.#content);
    this.#dialog.showModal();
  }

  async #onToggle(details) {
    if (!details.open || !details.dataset.examples || details.dataset.asked) return;
    details.dataset.asked = "1";
    try {
      const { status, dom } = await getFragment(details.dataset.examples);
      if (status === 200) details.querySelector(".guide-examples").append(...dom.body.childNodes);
      else delete details.dataset.asked;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      delete details.dataset.asked;
    }
  }
}
