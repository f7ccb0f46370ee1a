/**
 * "Ordinary text": the reviewer says that a text which no labeler was sent is harmless, or takes that back. It decides
 * nothing about the label, so the item stays.
 */

import { post, Unreachable } from "../shared/http.js";

export class Ordinary {
  #url;
  #hint;

  /** `url` is told; `hint`: function(text) that shows a short message. */
  constructor({ url, hint }) {
    this.#url = url;
    this.#hint = hint;
  }

  /** Say it of the card on the screen, or take it back. */
  async toggle({ card, key }) {
    const button = document.querySelector("#stage [data-ordinary]");
    if (!card || !button || button.getAttribute("aria-busy") === "true") return;
    const ordinary = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-busy", "true");
    const problem = await this.#tell(Number(card.item), ordinary);
    button.removeAttribute("aria-busy");
    if (!problem) button.setAttribute("aria-pressed", String(ordinary));
    const said = ordinary ? `ordinary text. Labelers are asked about it from their next run on; ${key} takes it back.` : "taken back.";
    this.#hint(problem || `${card.title}: ${said}`);
  }

  /** Why it was not taken; "" when it was. */
  async #tell(item, ordinary) {
    try {
      const { status, body } = await post(this.#url, { item, ordinary });
      if (status === 401) return "You are signed out. Sign in, then say it again.";
      return status === 200 ? "" : body.message ?? "The server did not take it. Try again in a moment.";
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return "The server cannot be reached. Try again in a moment.";
    }
  }
}
