/**
 * Walking through one's own decisions, read only. The server's list is the truth, so what is unsent is sent first.
 */

import { Unreachable, getFragment } from "../shared/http.js";
import { cardsFrom } from "./buffer.js";

export class History {
  #url;
  #cards = [];
  #place = -1;
  #ended = false;

  constructor({ url }) { this.#url = url; }

  get active() { return this.#place >= 0; }

  get card() { return this.#cards[this.#place] ?? null; }

  get position() { return this.#place + 1; }

  /** Forget what was fetched: decisions have been made since. */
  leave() {
    this.#cards = [];
    this.#place = -1;
    this.#ended = false;
  }

  /** The next older card, or null at the end. Throws Unreachable. */
  async earlier() {
    if (this.#place + 1 >= this.#cards.length && !this.#ended) await this.#fetch();
    if (this.#place + 1 >= this.#cards.length) return null;
    this.#place += 1;
    return this.card;
  }

  /** The next younger card, or null when the newest is passed. */
  later() {
    this.#place = Math.max(-1, this.#place - 1);
    return this.card;
  }

  async #fetch() {
    const url = new URL(this.#url, location.href);
    const oldest = this.#cards.at(-1)?.decision;
    if (oldest) url.searchParams.set("before", oldest);
    const { status, dom } = await getFragment(url);
    if (status !== 200) throw new Unreachable(`status ${status}`);
    const cards = await cardsFrom(dom);
    this.#ended = cards.length === 0;
    this.#cards.push(...cards);
  }
}
