/**
 * Claims: kept alive while the page is open, given back when it closes.
 */

import { Unreachable, csrfToken, post } from "../shared/http.js";

const CONFIRM_AGAIN_MS = 3_000;
const LONGEST_CONFIRM_MS = 60_000;

export class Holding {
  #urls;
  #tokens;
  #releasable;
  #onAnswer;
  #timer = 0;
  #confirming = 0;
  #wait = CONFIRM_AGAIN_MS;
  #signedOut = false;

  /**
   * `tokens`: all claims in use; `releasable`: those to give back when the page closes (not those whose decision is
   * still on its way). `onAnswer`: function({held, asked, user}) or ({status}) when the answer was not 200.
   */
  constructor({ urls, seconds, tokens, releasable, onAnswer }) {
    this.#urls = urls;
    this.#tokens = tokens;
    this.#releasable = releasable;
    this.#onAnswer = onAnswer;
    this.#timer = setInterval(() => this.beat(), (seconds * 1000) / 3);
    addEventListener("pagehide", () => this.release());
    // Out of the back-forward cache comes a page whose claims were given back: start afresh.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.beat(); });
  }

  /** Renew all claims; false if this should be retried. Renews nothing while signed out, until `resume`. */
  async beat() {
    const asked = this.#tokens();
    if (!asked.length || this.#signedOut) return true;
    try {
      const { status, body } = await post(this.#urls.heartbeat, { tokens: asked });
      this.#signedOut = status === 401 || status === 403;
      if (status >= 500) return false;
      this.#onAnswer(status === 200 ? { held: new Set(body.held), asked, user: body.user } : { status });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return false;
    }
    return true;
  }

  /** Somebody is signed out: nothing is renewed until `resume`. */
  pause() {
    this.#signedOut = true;
    clearTimeout(this.#confirming);
  }

  /** Somebody has signed in again. */
  resume() {
    this.#signedOut = false;
    this.beat();
  }

  /** Confirm that the claims have arrived; unconfirmed ones go to others before long. */
  async confirm() {
    clearTimeout(this.#confirming);
    if (await this.beat()) { this.#wait = CONFIRM_AGAIN_MS; return; }
    this.#confirming = setTimeout(() => this.confirm(), this.#wait);
    this.#wait = Math.min(LONGEST_CONFIRM_MS, this.#wait * 2);
  }

  /** Give the claims back at once; a beacon survives the closing of the page. */
  release(tokens = this.#releasable()) {
    if (!tokens.length) return;
    const form = new FormData();
    form.set("csrfmiddlewaretoken", csrfToken());
    for (const token of tokens) form.append("tokens", token);
    navigator.sendBeacon(this.#urls.release, form);
  }
}
