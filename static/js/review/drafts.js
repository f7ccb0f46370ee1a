/**
 * What was begun on an item and not decided yet: a reload or a crash must not cost twenty minutes of drawing. Kept in
 * this browser, by user, dataset and item, until the item is decided; the oldest make room.
 */

const MOST = 20;
const LARGEST = 1_000_000;
const PAUSE_MS = 400;

export class Drafts {
  #prefix;
  #timer = 0;
  #waiting = null;

  constructor({ user, dataset }) {
    this.#prefix = `countersign:draft:${user}:${dataset}:`;
    addEventListener("pagehide", () => this.#write());
  }

  /** Keep what the editor has of the card's item, soon: what changes quickly is written once. */
  keep(card, editor) {
    if (!card || card.decision) return;
    this.#waiting = { item: card.item, editor };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE_MS);
  }

  /** The editor goes on with what was begun on the card's item in an earlier page, once. Gives whether something was. */
  restore(card, editor) {
    const draft = card.token && !card.begun ? this.#of(card.item) : null;
    card.begun = true;
    if (draft) editor.restore(draft);
    return draft !== null;
  }

  #of(item) {
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + item))?.state ?? null;
    } catch {
      return null;
    }
  }

  /** The item was decided. */
  forget(item) {
    if (this.#waiting?.item === item) this.#waiting = null;
    try { localStorage.removeItem(this.#prefix + item); } catch { /* nothing was kept */ }
  }

  #write() {
    if (!this.#waiting) return;
    const { item, editor } = this.#waiting;
    this.#waiting = null;
    const state = editor.state();
    if (!state) return;
    const text = JSON.stringify({ at: Date.now(), state });
    if (text.length > LARGEST) return;
    try {
      localStorage.setItem(this.#prefix + item, text);
      this.#makeRoom();
    } catch { /* storage is full or switched off: the page itself still has it */ }
  }

  #makeRoom() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
    if (keys.length <= MOST) return;
    const at = (key) => { try { return JSON.parse(localStorage.getItem(key)).at; } catch { return 0; } };
    for (const key of keys.sort((left, right) => at(left) - at(right)).slice(0, keys.length - MOST)) localStorage.removeItem(key);
  }
}
