/**
 * When something went wrong: refused decisions, lost claims, a session that ended. The reviewer's work is kept and
 * offered again; nothing is dropped silently and nobody's later decision is overwritten.
 */

import { cardsFrom } from "./buffer.js";
import { Holding } from "./holding.js";
import { Unreachable, getFragment, post } from "../shared/http.js";
import { Lost } from "./lost.js";
import { SignIn } from "./signin.js";

export class Recovery {
  #review;
  #lost;
  #signIn;
  #holding;

  constructor(review, { lostChip, lostDialog, signInDialog, reason }) {
    this.#review = review;
    this.reason = reason;
    const { user, dataset, claimSeconds } = review.settings;
    this.#lost = new Lost({ user, dataset, chip: lostChip, dialog: lostDialog, onLook: (entry) => this.#lookAgain(entry) });
    this.lostDialog = lostDialog;
    this.#signIn = new SignIn({ dialog: signInDialog, onDone: () => this.#signedIn() });
    this.#holding = new Holding({
      urls: review.urls,
      seconds: claimSeconds,
      tokens: () => [...review.inHand(), ...review.outbox.entries().map(({ body }) => body.claim_token)],
      releasable: () => review.inHand(),
      onAnswer: (answer) => this.#onHeld(answer),
    });
    review.outbox.addEventListener("refused", ({ detail }) => this.#onRefused(detail));
    review.outbox.addEventListener("saved", ({ detail }) => this.#onSaved(detail));
    review.outbox.addEventListener("signedout", ({ detail }) => this.#onSignedOut(detail));
    review.buffer.addEventListener("claimed", () => this.#holding.confirm());
    review.buffer.addEventListener("signedout", ({ detail }) => this.#onSignedOut(detail));
  }

  #onSaved({ entry }) {
    // An undo that an earlier page left behind has claimed an item that nobody looks at.
    const token = entry.kind === "undo" ? entry.body.claim_token : "";
    const { outbox } = this.#review;
    const inUse = this.#review.inHand().includes(token) || outbox.entries().some(({ body }) => body.claim_token === token);
    if (token && !inUse) this.#holding.release([token]);
  }

  #onRefused({ entry, message }) {
    this.#review.past.forget(entry.body.request_id);
    if (entry.kind === "undo") this.#notTakenBack(entry);
    // An undo of what was refused has nothing to take back; the item is in the list already.
    if (entry.kind === "undo" && this.#lost.entries.some(({ item }) => item === String(entry.note.item))) return;
    this.#lost.add({ entry, message });
    this.#review.hint(`A decision was not saved: ${message}`);
  }

  /** An item that was put back on the screen by an undo that was refused cannot be decided: the next one comes. */
  #notTakenBack({ body }) {
    const { stage } = this.#review;
    if (stage.card?.token !== body.claim_token) return;
    stage.card = null;
    this.#review.next();
    this.#review.drawMode();
  }

  /** Show an item that was lost with what the reviewer had chosen; gives an error text or "". */
  async #lookAgain(entry) {
    const { stage, buffer, past } = this.#review;
    let card;
    try {
      card = buffer.pull(entry.item) ?? (await this.#claimed(entry.item));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return "The server is unreachable.";
    }
    if (!card) return "It is no longer yours: someone else has it or has decided it.";
    past.leave();
    const waited = stage.busy;
    const before = stage.show(card);
    if (before && !waited && before.item !== card.item) buffer.putBack(before);
    if (entry.value) stage.editor.restore({ value: entry.value });
    this.reason.value = entry.reason ?? "";
    this.#lost.remove(entry.item);
    this.lostDialog.close();
    stage.focus();
    this.#review.drawMode();
    return "";
  }

  async #claimed(item) {
    const { status, dom } = await getFragment(this.#review.urls.item.replace("/0/", `/${item}/`));
    return status === 200 ? (await cardsFrom(dom))[0] : null;
  }

  #onHeld({ held, asked, user, status }) {
    if (status) { if (status === 401 || status === 403) this.#onSignedOut({ status }); return; }
    if (user !== this.#review.settings.user) { location.reload(); return; }
    const { stage, buffer, outbox } = this.#review;
    const lost = (token) => asked.includes(token) && !held.has(token);
    buffer.keep((token) => !lost(token));
    buffer.refill();
    // A claim made by an undo exists only when the undo has arrived.
    if (stage.card?.token && lost(stage.card.token) && !outbox.size && !stage.card.toldLost) {
      stage.card.toldLost = true;
      this.#review.hint("Your claim on this item has expired and someone else has it. Skip it.");
    }
  }

  #onSignedOut({ status, code }) {
    const { outbox, buffer } = this.#review;
    outbox.stop();
    buffer.pause();
    this.#holding.pause();
    this.#review.drawChip();
    const text = status === 403 && code === "forbidden"
      ? "You can no longer review this dataset. Sign in with another account or ask its admin."
      : "You are signed out. Your decisions are kept in this browser; sign in to send them.";
    this.#signIn.ask(text);
  }

  async #signedIn() {
    const { status, body } = await post(this.#review.urls.heartbeat, { tokens: [] });
    if (status === 401) return SignIn.NOBODY;
    if (status !== 200) return "This account cannot review this dataset.";
    if (body.user !== this.#review.settings.user) { location.reload(); return "Another account: the page reloads."; }
    this.#review.outbox.resume();
    this.#review.buffer.resume();
    this.#holding.resume();
    return "";
  }
}
