/** Pages of cells, fetched ahead. Where the server cannot be reached, it is asked again, each time after a longer pause. */

import { cardsFrom } from "../review/buffer.js";
import { Unreachable, getFragment } from "../shared/http.js";

const RETRY_MS = 1_500;
const LONGEST_RETRY_MS = 60_000;

/** Events: "claimed" (a page came: its claims must be confirmed), "signedout", "trouble" (no page came; it is asked for again). */
export class Pages extends EventTarget {
  #url;
  #label;
  #held;
  #coming = null;
  #asking = null;

  /** `held`: function() -> the claim tokens that the page has. */
  constructor({ url, label, held }) {
    super();
    this.#url = url;
    this.#label = label;
    this.#held = held;
  }

  /** Claims of what was fetched and is not on the screen. */
  get tokens() { return (this.#coming ?? []).map((card) => card.token); }

  /** Have the next page here before it is wanted. */
  async prefetch() {
    if (this.#coming) return;
    const cards = await this.#asked();
    if (this.#coming || !cards.length) return;
    this.#coming = cards;
    this.dispatchEvent(new Event("claimed"));
  }

  /** The next page; empty when nothing of the class is left. */
  async take() {
    const cards = this.#coming ?? (await this.#asked());
    this.#coming = null;
    return cards;
  }

  /** These cards come before all others. */
  putBack(cards) { this.#coming = [...cards, ...(this.#coming ?? [])]; }

  /** The page that is on its way, asked for once: a second request would find its items claimed, and be empty. */
  #asked() {
    this.#asking ??= this.#fetch().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #fetch() {
    const url = new URL(this.#url, location.href);
    url.searchParams.set("label", this.#label);
    url.searchParams.set("held", this.#held().join(","));
    for (let wait = RETRY_MS; ; wait = Math.min(LONGEST_RETRY_MS, wait * 2)) {
      const cards = await this.#once(url);
      if (cards) return cards;
      this.dispatchEvent(new Event("trouble"));
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** The cards; null: retry later. Nothing is requested while signed out. */
  async #once(url) {
    try {
      const { status, dom } = await getFragment(url);
      if (status === 200) return await cardsFrom(dom);
      if (status === 401 || status === 403) await this.#signedIn(status);
      return null;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return null;
    }
  }

  #signedIn(status) {
    const signedIn = new Promise((resolve) => { this.resume = resolve; });
    this.dispatchEvent(new CustomEvent("signedout", { detail: { status } }));
    return signedIn;
  }

  /** Somebody has signed in again. */
  resume() { /* nobody was signed out */ }
}
