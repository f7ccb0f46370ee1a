/**
 * What the reviewer decided and the server has not confirmed yet.
 *
 * Entries live in localStorage, one key each, so that two tabs never overwrite each other and a reload or crash
 * loses nothing. They are keyed by user and dataset and hold ids, values and typed reasons, never item content.
 * Order is kept; one request is in flight; the same request id sent again decides nothing twice on the server.
 */

import { Unreachable, post } from "../shared/http.js";

const FIRST_WAIT = 200;
const LONGEST_WAIT = 20_000;
const MOST_IN_ONE = 20;
// As JSON: what a few hundred decisions of classes have, or one with a thousand shapes.
const MOST_CHARACTERS_IN_ONE = 200_000;
const RETRY = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

let counter = 0;

/** Keys sort in the order in which entries were made, over tabs as well. */
function nextKey() {
  counter += 1;
  const noise = Math.random().toString(36).slice(2, 8);
  return `${Date.now().toString(36).padStart(9, "0")}-${counter.toString(36).padStart(5, "0")}-${noise}`;
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/** Web locks need a secure context; without them two tabs may send one entry twice, which the server takes as one. */
function exclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

/**
 * Events: "change" (the number of unsent entries or the state moved), "saved" and "refused" (detail: {entry, message,
 * code}), "signedout" (detail: {status}).
 */
export class Outbox extends EventTarget {
  #prefix;
  #urls;
  #memory = new Map();
  #draining = false;
  #singly = 0;
  /** "idle", "sending", "waiting" (the server cannot be reached) or "stopped" (signed out). */
  state = "idle";

  /** `urls`: kind of entry -> address. */
  constructor({ user, dataset, urls }) {
    super();
    this.#prefix = `countersign:outbox:${user}:${dataset}:`;
    this.#urls = urls;
    addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.#prefix)) this.#changed();
    });
    addEventListener("online", () => this.drain());
  }

  /** Unsent entries, the oldest first. */
  entries() {
    const found = [];
    for (const [key, value] of this.#stored()) {
      try {
        found.push({ ...JSON.parse(value), key, characters: value.length });
      } catch { /* not ours or damaged: leave it alone */ }
    }
    return found.sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  get size() { return this.#stored().length; }

  #stored() {
    const found = [...this.#memory];
    try {
      for (let index = 0; index < localStorage.length; index += 1) {
        const key = localStorage.key(index);
        if (key.startsWith(this.#prefix)) found.push([key, localStorage.getItem(key)]);
      }
    } catch { /* storage is switched off: entries live in memory, and the page warns before it closes */ }
    return found;
  }

  /**
   * Add an entry {kind, body, note} and start sending. `note` is what a refusal is shown with. `stored: false`: keep it
   * in memory, because it is large and the reviewer waits for it.
   */
  push(entry, { stored = true } = {}) {
    const key = this.#prefix + nextKey();
    const value = JSON.stringify(entry);
    try {
      if (!stored) throw new RangeError("not to be stored");
      localStorage.setItem(key, value);
    } catch {
      this.#memory.set(key, value);
    }
    this.#changed();
    this.drain();
  }

  #remove(entry) {
    this.#memory.delete(entry.key);
    try { localStorage.removeItem(entry.key); } catch { /* it was in memory */ }
  }

  #changed(state = this.state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }

  /** Somebody is signed out: nothing is sent until `resume`. */
  stop() { if (this.state !== "stopped") this.#changed("stopped"); }

  /** Send again after a sign-in. */
  resume() {
    if (this.state === "stopped") this.state = "idle";
    this.drain();
  }

  /** Resolves when nothing is unsent, or after `milliseconds`. Gives whether all is saved. */
  async settled(milliseconds) {
    const until = performance.now() + milliseconds;
    while (this.size && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 30));
    return this.size === 0;
  }

  /** Send everything, the oldest first, until it is gone or the reviewer has to sign in. */
  async drain() {
    if (this.#draining || this.state === "stopped") return;
    this.#draining = true;
    try {
      await exclusively(this.#prefix, () => this.#sendAll());
    } finally {
      this.#draining = false;
    }
    // Something may have come in between the last look and the end.
    if (this.size && this.state !== "stopped") this.drain();
  }

  async #sendAll() {
    let wait = FIRST_WAIT;
    for (let batch = this.#batch(); batch.length; batch = this.#batch()) {
      this.#changed(this.state === "waiting" ? "waiting" : "sending");
      const outcome = await this.#deliver(batch);
      if (this.state === "stopped") return;
      if (outcome === "retry") {
        this.#changed("waiting");
        await pause(wait);
        if (this.state === "stopped") return;
        wait = Math.min(LONGEST_WAIT, wait * 2);
      } else {
        wait = FIRST_WAIT;
        this.#changed("sending");
      }
    }
    this.#changed("idle");
  }

  /** The oldest entry, with the decisions right behind it: they may travel together, while they are small. */
  #batch() {
    const entries = this.entries();
    const most = this.#singly ? 1 : MOST_IN_ONE;
    const batch = entries.slice(0, 1);
    let characters = entries[0]?.characters ?? 0;
    for (const entry of entries.slice(1, most)) {
      characters += entry.characters;
      if (batch[0].kind !== "decision" || entry.kind !== "decision" || characters > MOST_CHARACTERS_IN_ONE) break;
      batch.push(entry);
    }
    return batch;
  }

  async #deliver(batch) {
    const together = batch.length > 1;
    const body = together ? { decisions: batch.map((entry) => entry.body) } : batch[0].body;
    let answer;
    try {
      answer = await post(this.#urls[batch[0].kind], body, { keepalive: true });
    } catch (error) {
      if (error instanceof Unreachable) return "retry";
      throw error;
    }
    if (RETRY.has(answer.status)) return "retry";
    if (answer.status === 401 || answer.status === 403) {
      this.#changed("stopped");
      this.dispatchEvent(new CustomEvent("signedout", { detail: { status: answer.status, code: answer.body.code } }));
      return "stopped";
    }
    if (together && answer.status === 200) {
      batch.forEach((entry, index) => this.#settle(entry, answer.body.results[index].status, answer.body.results[index]));
    } else if (together) {
      // The batch as a whole was refused: send one by one, so that a bad entry does not take the good ones along.
      this.#singly = batch.length;
    } else {
      this.#singly = Math.max(0, this.#singly - 1);
      this.#settle(batch[0], answer.status, answer.body);
    }
    return "done";
  }

  #settle(entry, status, body) {
    this.#remove(entry);
    const saved = status < 300;
    const detail = { entry, status, code: body.code ?? "", message: body.message ?? "", body };
    this.dispatchEvent(new CustomEvent(saved ? "saved" : "refused", { detail }));
  }
}
