/**
 * Items fetched and claimed ahead, so that the next one is there before the finger leaves the key.
 * A card is {item, token, expires, node}: `node` is a fragment that belongs to this document already, and what shows
 * its item is ready.
 */

import { Unreachable, getFragment } from "../shared/http.js";
import { decoded } from "../shared/images.js";

const RETRY_MS = 1_500;
const LONGEST_RETRY_MS = 60_000;
// At first poll often: the page that was open before may give back its claims a moment later.
const FIRST_IDLE_MS = 1_000;
const LONGEST_IDLE_MS = 15_000;
const RECOUNT_MS = 100;
// Used before the size of items is known, and the least number kept whatever their size.
const FIRST_ASKED = 3;
const LEAST = 2;

/** The cards in a parsed answer, in order. */
export async function cardsFrom(dom) {
  const cards = [];
  for (const template of dom.querySelectorAll("template[data-item]")) {
    const node = document.importNode(template.content, true);
    cards.push({ ...template.dataset, node });
  }
  await Promise.all(cards.map(({ node }) => readiness(node)));
  return cards;
}

/** Wait for what shows the item, or for the images; one that cannot be read must not hold up the queue. */
async function readiness(node) {
  const viewer = node.querySelector("[data-viewer]");
  const waits = viewer?.ready ? [viewer.ready()] : [...node.querySelectorAll("img")].map((image) => decoded(image));
  await Promise.race([Promise.all(waits), new Promise((resolve) => setTimeout(resolve, 8_000))]);
}

/** Events: "claimed" (cards arrived: the claims must be confirmed), "filled" (cards can be taken), "empty" (the server has no more), "progress" (detail: dataset of counts), "signedout". */
export class Buffer extends EventTarget {
  #url;
  #ahead;
  #bytes;
  /** Bytes of an item, of those that came lately; null before the first. */
  #mean = null;
  #asking = false;
  #cards = [];
  #timer = 0;
  #failures = 0;
  #idle = 0;
  #held;
  #signedOut = false;
  /** True after the server answered that nothing waits. */
  exhausted = false;

  /**
   * `ahead`: keep at least so many cards; asks for as many again at once. `bytes`: but fewer, where so many items would
   * be larger together. `first`: the bytes of the item that came with the page, if one did. `held`: gives the claim
   * tokens that the page has.
   */
  constructor({ url, ahead, bytes, first, held }) {
    super();
    this.#url = url;
    this.#held = held;
    this.#ahead = ahead;
    this.#bytes = bytes;
    if (first !== undefined) this.#mean = Number(first);
    addEventListener("online", () => this.refill());
  }

  get size() { return this.#cards.length; }

  /** How many cards to keep, and to ask for: just before that is answered there are twice as many. */
  get #wanted() {
    if (this.#mean === null) return Math.min(FIRST_ASKED, this.#ahead);
    return Math.max(LEAST, Math.min(this.#ahead, Math.floor(this.#bytes / Math.max(1, this.#mean) / 2)));
  }

  #weigh(cards) {
    for (const card of cards) this.#mean = this.#mean === null ? Number(card.bytes) : (3 * this.#mean + Number(card.bytes)) / 4;
  }

  tokens() { return this.#cards.map((card) => card.token); }

  take() {
    const card = this.#cards.shift();
    if (!this.#failures) this.refill();
    return card;
  }

  putBack(card) { this.#cards.unshift(card); }

  /** All decisions are with the server now: at the end of the queue its counts are asked for once more. */
  recount() { if (this.exhausted) this.#again(RECOUNT_MS); }

  /** Put one more item, without its prediction, before all others. Does nothing if there is none. */
  async insertBlind() {
    const url = this.#address(1);
    url.searchParams.set("blind", "1");
    try {
      const { status, dom } = await getFragment(url);
      if (status !== 200) return;
      this.#cards.unshift(...(await cardsFrom(dom)));
      this.dispatchEvent(new Event("claimed"));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }

  /** Take this very item out, if it is here. */
  pull(item) {
    const found = this.#cards.find((card) => card.item === String(item));
    this.#cards = this.#cards.filter((card) => card !== found);
    return found;
  }

  /** Drop the cards whose claims are lost. */
  keep(isHeld) { this.#cards = this.#cards.filter((card) => isHeld(card.token)); }

  /** Somebody is signed out: nothing is asked for until `resume`. */
  pause() {
    this.#signedOut = true;
    clearTimeout(this.#timer);
  }

  resume() {
    this.#signedOut = false;
    this.refill();
  }

  /** Fetch more when there are few. */
  async refill() {
    if (this.#signedOut || this.#asking || this.#cards.length >= this.#wanted) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    let got = "trouble";
    try {
      got = await this.#ask();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    } finally {
      this.#asking = false;
    }
    if (got === "signedout") this.#signedOut = true;
    if (this.#signedOut) return;
    this.#failures = got === "trouble" ? this.#failures + 1 : 0;
    if (got === "trouble") this.#again(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (this.#failures - 1)));
    this.#idle = got === "nothing" ? this.#idle + 1 : 0;
    if (got === "nothing") this.#again(Math.min(LONGEST_IDLE_MS, FIRST_IDLE_MS * 2 ** (this.#idle - 1)));
    if (got === "cards" && this.#cards.length < this.#wanted) this.refill();
  }

  /** "cards", "nothing", "trouble" (to be tried again later) or "signedout". */
  async #ask() {
    const { status, dom } = await getFragment(this.#address(this.#wanted));
    if (status === 401 || status === 403) {
      this.dispatchEvent(new CustomEvent("signedout", { detail: { status } }));
      return "signedout";
    }
    if (status !== 200) return "trouble";
    const cards = await cardsFrom(dom);
    this.#cards.push(...cards);
    this.#weigh(cards);
    this.exhausted = cards.length === 0;
    if (cards.length) this.dispatchEvent(new Event("claimed"));
    const progress = dom.getElementById("progress");
    if (progress) this.dispatchEvent(new CustomEvent("progress", { detail: { ...progress.dataset } }));
    this.dispatchEvent(new Event(cards.length ? "filled" : "empty"));
    return cards.length ? "cards" : "nothing";
  }

  #address(count) {
    const url = new URL(this.#url, location.href);
    url.searchParams.set("count", String(count));
    url.searchParams.set("held", this.#held().join(","));
    return url;
  }

  #again(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refill(), milliseconds);
  }
}
