/**
 * Going back: undo of the last decisions at once from memory, and the walk through one's own history, read only
 * until an item is opened for change. Both write an undo, which is a new decision; nothing is ever erased.
 */

import { History } from "./history.js";
import { Unreachable, uuid } from "../shared/http.js";
import { say } from "../shared/live.js";

const MOST_UNDO = 50;

export class Past {
  #review;
  #made = [];
  #history;
  #aside = null;
  #steps = Promise.resolve();
  #going = 0;

  constructor(review, { url }) {
    this.#review = review;
    this.#history = new History({ url });
  }

  /** Whether an item of the history is on the screen. */
  get reading() { return this.#history.active; }

  get position() { return this.#history.position; }

  /** The claim of the item that waits while the history is on the screen. */
  get tokens() { return this.#aside?.token ? [this.#aside.token] : []; }

  /** A decision was made: {card, request, closes}. */
  remember(made) {
    this.#made.push(made);
    if (this.#made.length > MOST_UNDO) this.#made.shift();
  }

  /** A decision was refused: there is nothing to take back. */
  forget(request) { this.#made = this.#made.filter((made) => made.request !== request); }

  /** Counts at once, painted or not: what it takes back was on the screen before. */
  undo(event) { this.#inTurn(() => this.#undo(event)); }

  /** One step in the history: "earlier" or "later". */
  walk(direction) { this.#inTurn(() => this.#walk(direction)); }

  /** Back to the present item. */
  leave() { this.#inTurn(() => { if (this.reading) this.#leave(); }); }

  /** Undo the decision on the screen and review the item again. */
  edit() { this.#inTurn(() => this.#edit()); }

  /** A step may wait for the server; keys pressed meanwhile take their turn behind it, and none is lost. */
  #inTurn(step) {
    if (!this.#going) {
      const going = step();
      if (going) this.#steps = this.#count(going);
      return;
    }
    this.#steps = this.#count(this.#steps.then(step));
  }

  async #count(going) {
    this.#going += 1;
    try {
      await going;
    } finally {
      this.#going -= 1;
    }
  }

  #undo(event) {
    if (this.reading) return this.#edit();
    const last = this.#made.pop();
    if (!last) return this.#undoOlder();
    const token = this.#send(last.card, last.request, "undo");
    this.#reopen(last.card, token, event);
    this.#review.pace.undone({ closed: last.closes });
    return null;
  }

  /** Queue an undo; gives the token of the claim under which the item comes back. */
  #send(card, undoes, said) {
    const token = uuid();
    this.#review.outbox.push({
      kind: "undo",
      body: { request_id: uuid(), undoes, claim_token: token },
      note: { item: card.item, title: card.title, said },
    });
    return token;
  }

  /** Put an item that was decided back on the screen, under a new claim; the present one waits behind it. */
  #reopen(card, token, event) {
    const { stage, buffer } = this.#review;
    card.token = token;
    const waited = stage.busy;
    const before = stage.show(card, event?.timeStamp);
    stage.readOnly = false;
    // After a miss the item on the screen is decided already: it must not come again.
    if (before && before !== card && !waited) buffer.putBack(before);
    say(`Undone. ${card.says ?? ""}`);
    this.#review.drawMode();
  }

  async #undoOlder() {
    await this.#walk("earlier");
    if (this.reading) this.#edit();
  }

  async #walk(direction) {
    const { stage, outbox } = this.#review;
    // The item that is awaited would come on top of the history.
    if (stage.busy) return;
    if (!this.reading && direction === "later") { this.#review.hint("This is the current item; use the other key to go back."); return; }
    try {
      if (!this.reading && !(await outbox.settled(2_000))) {
        this.#review.hint("Your latest decisions are not saved yet. Try again in a moment.");
        return;
      }
      const card = direction === "earlier" ? await this.#history.earlier() : this.#history.later();
      if (card) this.#show(card);
      else if (direction === "later") this.#leave();
      else this.#review.hint(this.reading ? "This is your oldest decision." : "You have not decided anything here yet.");
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#review.hint("Your decisions cannot be loaded right now.");
    }
  }

  #show(card) {
    const { stage } = this.#review;
    const before = stage.show(card);
    if (before && !before.decision) this.#aside = before;
    stage.readOnly = true;
    say(card.says);
    this.#review.drawMode();
  }

  #leave() {
    const { stage } = this.#review;
    this.#history.leave();
    const card = this.#aside;
    this.#aside = null;
    if (card) this.#review.show(card);
    else { stage.card = null; this.#review.next(); }
    stage.readOnly = false;
    this.#review.drawMode();
  }

  #edit() {
    const { stage, buffer, pace } = this.#review;
    if (!this.reading) { this.#review.hint("This key edits a past decision; go back to one first."); return; }
    const { card } = this.#history;
    this.forget(card.request);
    card.token = this.#send(card, card.request, "edit");
    this.#history.leave();
    if (this.#aside) buffer.putBack(this.#aside);
    this.#aside = null;
    delete card.decision;
    stage.readOnly = false;
    pace.undone({ closed: true });
    stage.focus();
    say(`Editing. ${card.says}`);
    this.#review.drawMode();
  }
}
