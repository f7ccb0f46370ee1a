/**
 * The review loop. A key decides: the decision goes into the outbox, the next item, which is here already, goes on
 * the screen, and it is sent to the server in the background. See docs/interface.md.
 */

import { setAddress } from "./address.js";
import { Buffer } from "./buffer.js";
import { Drafts } from "./drafts.js";
import { Finder } from "./finder.js";
import { Guide } from "./guide.js";
import { pageData, uuid } from "../shared/http.js";
import { Keys } from "./keys.js";
import { sendLarge } from "./large.js";
import { warnBeforeLeaving } from "./leaving.js";
import { hint, say } from "../shared/live.js";
import { Ordinary } from "./ordinary.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Past } from "./past.js";
import { Recovery } from "./recovery.js";
import { drawSavedChip } from "./saved_chip.js";
import { Stage } from "./stage.js";
import { Unsure } from "./unsure.js";

const MOST_UNSENT = 20;
// As JSON.
const MOST_AHEAD = 256_000;
const HIDE_KEY = "countersign:proposals-hidden";
const VERDICT_WORDS = { reject: "Discarded", skip: "Skipped", unsure: "Flagged" };

const $ = (id) => document.getElementById(id);

class Review {
  #saving = false;

  constructor() {
    this.settings = pageData("review-settings");
    this.form = $("review-form");
    this.urls = { ...this.form.dataset };
    const { user, dataset, waiting, typical, task } = this.settings;
    this.stage = new Stage($("stage"), { task, proposalsHidden: sessionStorage.getItem(HIDE_KEY) === "1" });
    this.drafts = new Drafts({ user, dataset });
    this.outbox = new Outbox({ user, dataset, urls: { decision: this.urls.decisions, undo: this.urls.undo } });
    this.buffer = new Buffer({
      url: this.urls.next,
      ahead: Number(this.form.dataset.ahead),
      bytes: Number(this.form.dataset.aheadBytes),
      first: this.form.dataset.bytes,
      held: () => this.inHand(),
    });
    this.past = new Past(this, { url: this.urls.history });
    this.pace = new Pace({ root: $("review-head"), waiting, mine: Number(this.form.dataset.mine), dataset, typical });
    this.finder = new Finder({ dialog: $("finder"), classes: task.classes, onPick: (name, event) => this.pick(name, event) });
    this.recovery = new Recovery(this, {
      lostChip: $("lost-chip"),
      lostDialog: $("lost-dialog"),
      signInDialog: $("signin-dialog"),
      reason: $("unsure-reason"),
    });
    this.unsure = new Unsure({
      dialog: $("unsure-dialog"),
      form: $("unsure-form"),
      field: $("unsure-reason"),
      onReason: (reason) => this.decide("unsure", { reason }),
    });
    this.ordinary = new Ordinary({ url: this.urls.ordinary, hint: (text) => this.hint(text) });
    this.guide = new Guide({ aside: $("guide"), dialog: $("guidelines"), content: $("guide-content") });
    this.actions = this.#table();
    this.keys = new Keys({
      map: this.settings.keys, off: this.settings.off, actions: this.actions,
      onDigit: (digit, event) => this.digit(digit, event),
      plugged: [
        { keys: this.settings.editing, actions: () => (this.stage.ready && !this.past.reading ? this.stage.editor.actions : null) },
        { keys: this.settings.viewing, actions: () => this.stage.viewer?.actions },
      ],
    });
    this.#listen();
    this.#start();
  }

  #table() {
    return {
      accept: (event) => this.accept(event),
      reject: (event) => this.decide("reject", { event }),
      skip: (event) => this.decide("skip", { event }),
      unsure: () => { if (this.#may()) this.unsure.ask(); },
      undo: (event) => { if (!this.#saving) this.past.undo(event); },
      find: () => this.find(),
      none: (event) => { if (this.#may()) this.stage.editor.none(event); },
      ordinary: () => this.ordinary.toggle({ card: this.stage.card, key: this.settings.off ? "its button" : this.#keyOf("ordinary") }),
      earlier: () => this.past.walk("earlier"),
      later: () => this.past.walk("later"),
      edit: () => this.past.edit(),
      leave: () => this.past.leave(),
      guidelines: () => this.guide.open(),
      proposal: () => this.toggleProposals(),
      help: () => $("keys-help").showModal(),
    };
  }

  #listen() {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button && !button.disabled) this.actions[button.dataset.action]?.(event);
    });
    $("stage").addEventListener("editor:change", () => this.drafts.keep(this.stage.card, this.stage.editor));
    $("stage").addEventListener("editor:decide", ({ detail }) => this.accept(detail.event));
    $("stage").addEventListener("editor:pick", ({ detail }) => this.pick(detail.name, detail.event));
    $("stage").addEventListener("editor:hint", ({ detail }) => this.hint(detail.text));
    this.outbox.addEventListener("change", () => this.drawChip());
    this.outbox.addEventListener("saved", () => { if (!this.outbox.size) this.buffer.recount(); });
    this.buffer.addEventListener("filled", () => this.onFilled());
    this.buffer.addEventListener("empty", () => { if (this.#awaits) this.finish(); });
    this.buffer.addEventListener("progress", ({ detail }) => {
      this.pace.correct({ ...detail, unsent: this.outbox.size });
    });
    warnBeforeLeaving(this.outbox);
  }

  #start() {
    document.body.classList.add("scripted");
    this.stage.adopt();
    // Decisions that an earlier page left behind go first.
    this.outbox.drain();
    this.buffer.refill();
    this.drawChip();
    this.drawProposals();
    if (this.stage.card) {
      this.restoreDraft();
      setAddress(this.stage.card.item);
      this.stage.focus();
      say(this.stage.card.says);
    } else {
      this.stage.busy = false;
    }
  }

  inHand() {
    const shown = this.stage.card?.token ? [this.stage.card.token] : [];
    return [...shown, ...this.past.tokens, ...this.buffer.tokens()];
  }

  /** Whether the screen waits for an item, and not for an answer to be saved. */
  get #awaits() { return this.stage.busy && !this.#saving; }

  /** One short line for eyes and ears. */
  hint(text) { hint($("hint"), text); }

  /** Whether a decision may be taken now; says why not where the reviewer can do something about it. */
  #may() {
    if (this.past.reading) {
      this.hint(`This is a past decision. ${this.#keyOf("edit")} edits it, Esc returns.`);
      return false;
    }
    if (!this.stage.ready) return false;
    if (this.outbox.size >= MOST_UNSENT) {
      this.hint(`${this.outbox.size} decisions are not saved yet. Wait a moment.`);
      return false;
    }
    return true;
  }

  accept(event) {
    if (!this.#may()) return;
    const { editor } = this.stage;
    const value = editor.answer(event);
    if (value === null) this.hint(editor.nothing);
    else this.decide("label", { value, event });
  }

  digit(digit, event) {
    if (!this.#may()) return;
    if (this.stage.editor.digit(digit, event) === false) {
      this.hint(`No class has the key ${digit.replace("+", "Shift ")}. Press / to find one.`);
    }
  }

  pick(name, event) {
    if (!this.#may()) return;
    const { card, editor } = this.stage;
    editor.pick(name, event);
    // A clicked or found class is not visible on the next item: say what it was, and how to undo it.
    if (editor.picksDecide && this.stage.card !== card) this.hint(`${card.title}: ${editor.says({ labels: [name] })}. ${this.#keyOf("undo")} undoes it.`);
  }

  #keyOf(action) { return this.settings.off ? "Backspace" : this.settings.keys[action].toUpperCase(); }

  decide(verdict, { value = null, reason = "", event = null } = {}) {
    if (!this.#may()) return;
    const { card, editor } = this.stage;
    const request = uuid();
    const said = VERDICT_WORDS[verdict] ?? editor.says(value);
    const closes = verdict === "label" || verdict === "reject";
    const body = {
      request_id: request,
      item: Number(card.item),
      claim_token: card.token,
      verdict,
      value,
      reason,
      seconds: Math.round(this.stage.seconds * 100) / 100,
      shown: this.stage.proposalSeen,
    };
    const agreed = verdict === "label" && editor.agrees;
    const entry = { kind: "decision", body, note: { title: card.title, said, verdict, reason } };
    $("hint").textContent = "";
    const done = () => {
      this.past.remember({ card, request, closes });
      this.drafts.forget(card.item);
      if (value) this.stage.previous = value;
      this.next(event);
      this.pace.decided({ closes });
    };
    if (value && JSON.stringify(value).length > MOST_AHEAD) {
      this.#whenSaved(entry, done);
      return;
    }
    done();
    // The screen first: sending is work that the next item must not wait for.
    this.outbox.push(entry);
    if (this.pace.rushes({ agreed, seconds: body.seconds })) this.buffer.insertBlind();
  }

  /** A large answer: the item stays until the server has it. */
  #whenSaved(entry, done) {
    const answered = (run) => () => { this.stage.busy = this.#saving = false; run(); };
    this.stage.busy = this.#saving = true;
    this.hint("Saving a large answer. The next item comes when it is saved.");
    sendLarge(this.outbox, entry, { saved: answered(done), refused: answered(() => {}) });
  }

  /** The next item; without one, the old one stays visible and no key counts until one is here. */
  next(event) {
    const card = this.buffer.take();
    if (card) this.show(card, event);
    else if (this.buffer.exhausted) this.finish();
    else {
      this.stage.busy = true;
      say("Loading next item.");
    }
  }

  show(card, event) {
    this.stage.show(card, event?.timeStamp);
    this.restoreDraft();
    say(card.says ?? "");
    this.drawMode();
    $("undo-button").disabled = false;
  }

  restoreDraft() {
    if (this.drafts.restore(this.stage.card, this.stage.editor)) this.hint("Your unsaved work on this item is restored.");
  }

  onFilled() {
    if (this.#awaits || (!this.stage.card && !this.past.reading)) {
      const card = this.buffer.take();
      if (card) this.show(card);
    }
  }

  finish() {
    this.stage.clear(document.importNode($("nothing-waits").content, true));
    say("Queue empty. You're all caught up.");
    this.drawMode();
  }

  find() {
    if (this.#may() && !this.stage.editor.find()) this.finder.open(this.stage.editor.likely);
  }

  toggleProposals() {
    this.stage.proposalsHidden = !this.stage.proposalsHidden;
    sessionStorage.setItem(HIDE_KEY, this.stage.proposalsHidden ? "1" : "0");
    if (this.stage.card) this.stage.applyProposals();
    this.drawProposals();
    say(this.stage.proposalsHidden ? "Suggestions hidden." : "Suggestions shown.");
  }

  drawProposals() {
    $("proposal-button").setAttribute("aria-pressed", String(this.stage.proposalsHidden));
  }

  drawChip() { drawSavedChip($("saved-chip"), this.outbox); }

  drawMode() {
    const reading = this.past.reading;
    if (!reading) setAddress(this.stage.card?.item ?? "");
    // What was said of the history does not hold outside of it, nor the other way round.
    if (reading !== document.body.classList.contains("reading-history")) $("hint").textContent = "";
    document.body.classList.toggle("reading-history", reading);
    $("mode").textContent = reading ? `My decisions, ${this.past.position} back` : "";
    for (const button of this.form.querySelectorAll("[data-while=deciding]")) button.disabled = reading || !this.stage.card;
    for (const button of this.form.querySelectorAll("[data-while=reading]")) button.disabled = !reading;
  }
}

new Review();
