/**
 * The review loop. A key decides: the decision goes into the outbox, the next item, which is here already, goes on
 * the screen, and the server hears of it in the background. See docs/interface.md.
 */

import { Buffer } from "./buffer.js";
import { Finder } from "./finder.js";
import { pageData, uuid } from "../shared/http.js";
import { Keys } from "./keys.js";
import { hint, say } from "../shared/live.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Past } from "./past.js";
import { Recovery } from "./recovery.js";
import { rowMaker } from "./rows.js";
import { drawSavedChip } from "./saved_chip.js";
import { Stage } from "./stage.js";
import { watchImages, zoom } from "./zoom.js";

const MOST_UNSENT = 20;
const HIDE_KEY = "countersign:proposals-hidden";
const VERDICT_WORDS = { reject: "Rejected", skip: "Skipped", unsure: "Unsure" };

const $ = (id) => document.getElementById(id);

class Review {
  constructor() {
    this.settings = pageData("review-settings");
    this.form = $("review-form");
    this.urls = { ...this.form.dataset };
    const { user, dataset, waiting, typical } = this.settings;
    this.classes = new Map(this.settings.classes.map((one) => [one.name, one]));
    this.stage = new Stage($("stage"), {
      proposalsHidden: sessionStorage.getItem(HIDE_KEY) === "1",
      rowFor: rowMaker({ classes: this.classes, multi: this.settings.multi, template: $("choice-row") }),
    });
    this.outbox = new Outbox({ user, dataset, urls: { decision: this.urls.decisions, undo: this.urls.undo } });
    this.buffer = new Buffer({ url: this.urls.next, ahead: Number(this.form.dataset.ahead), held: () => this.inHand() });
    this.past = new Past(this, { url: this.urls.history });
    this.pace = new Pace({ root: $("review-head"), waiting, mine: Number(this.form.dataset.mine), dataset, typical });
    this.finder = new Finder({ dialog: $("finder"), classes: this.settings.classes, onPick: (name, event) => this.pick(name, event) });
    this.recovery = new Recovery(this, {
      lostChip: $("lost-chip"),
      lostDialog: $("lost-dialog"),
      signInDialog: $("signin-dialog"),
      reason: $("unsure-reason"),
    });
    this.actions = this.#table();
    this.keys = new Keys({
      map: this.settings.keys,
      off: this.settings.off,
      actions: this.actions,
      onDigit: (digit, event) => this.digit(digit, event),
    });
    this.#listen();
    this.#start();
  }

  #table() {
    return {
      accept: (event) => this.accept(event),
      reject: (event) => this.decide("reject", { event }),
      skip: (event) => this.decide("skip", { event }),
      unsure: () => this.askWhy(),
      undo: (event) => this.past.undo(event),
      find: () => this.find(),
      none: () => this.none(),
      earlier: () => this.past.walk("earlier"),
      later: () => this.past.walk("later"),
      edit: () => this.past.edit(),
      leave: () => this.past.leave(),
      guidelines: () => $("guidelines").showModal(),
      proposal: () => this.toggleProposals(),
      help: () => $("keys-help").showModal(),
      zoom_in: () => zoom(1),
      zoom_out: () => zoom(-1),
    };
  }

  #listen() {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button && !button.disabled) this.actions[button.dataset.action]?.(event);
    });
    $("stage").addEventListener("change", (event) => {
      if (event.target.name === "labels") this.stage.exclude(event.target);
    });
    this.outbox.addEventListener("change", () => this.drawChip());
    this.outbox.addEventListener("saved", () => { if (!this.outbox.size) this.buffer.recount(); });
    this.buffer.addEventListener("filled", () => this.onFilled());
    this.buffer.addEventListener("empty", () => { if (this.stage.busy) this.finish(); });
    this.buffer.addEventListener("progress", ({ detail }) => {
      this.pace.correct({ ...detail, unsent: this.outbox.size });
    });
    $("unsure-form").addEventListener("submit", (event) => this.onWhy(event));
    addEventListener("beforeunload", (event) => { if (this.outbox.size) event.preventDefault(); });
    document.addEventListener("submit", (event) => {
      const leaving = event.target.matches("[data-sign-out]") && this.outbox.size > 0;
      if (leaving && !confirm(`${this.outbox.size} decisions are not saved yet. Sign out all the same?`)) event.preventDefault();
    });
    watchImages($("stage"));
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

  /** One short line for eyes and ears. */
  hint(text) { hint($("hint"), text); }

  // --- deciding ---------------------------------------------------------------------------------------------

  /** Whether a decision may be taken now; says why not where the reviewer can do something about it. */
  #may() {
    if (this.past.reading) {
      this.hint("This is your history. E changes the item, Esc goes back.");
      return false;
    }
    if (!this.stage.ready) return false;
    if (this.outbox.size >= MOST_UNSENT) {
      this.hint(`${this.outbox.size} decisions wait to be saved. Go on when they are.`);
      return false;
    }
    return true;
  }

  accept(event) {
    if (!this.#may()) return;
    const labels = this.stage.choice ?? this.#proposed(event);
    if (labels === null) {
      this.hint(this.settings.multi ? "Nothing is chosen. Press the classes' digits, / to find one, or N for none." : "Nothing is chosen. Press a class's digit, or / to find one.");
      return;
    }
    this.decide("label", { labels, event });
  }

  /**
   * Under the threshold nothing is chosen beforehand, and accepting takes the proposal on the screen. Where several
   * classes can be given, Enter submits what was put together and never falls back to the machine.
   */
  #proposed(event) {
    if (this.settings.multi && event?.key === "Enter") return null;
    const names = this.stage.proposal;
    if (names) this.stage.choose(names);
    return names;
  }

  digit(digit, event) {
    if (!this.#may()) return;
    const name = this.stage.nameOfDigit(digit);
    if (name === null) this.hint(`No class has the key ${digit.replace("+", "Shift ")}. Press / to find one.`);
    else this.pick(name, event);
  }

  /** A class was picked: in a single-label dataset that decides. */
  pick(name, event) {
    if (!this.#may()) return;
    if (this.settings.multi) {
      const on = this.stage.toggle(name);
      say(`${this.classes.get(name)?.title ?? name} ${on ? "on" : "off"}.`);
      return;
    }
    this.stage.choose([name]);
    this.decide("label", { labels: [name], event });
  }

  none() {
    if (this.settings.multi && this.#may()) this.stage.toggle("");
  }

  decide(verdict, { labels = [], reason = "", event = null } = {}) {
    if (!this.#may()) return;
    const { card } = this.stage;
    const request = uuid();
    const said = VERDICT_WORDS[verdict] ?? this.titles(labels);
    const closes = verdict === "label" || verdict === "reject";
    const body = {
      request_id: request,
      item: Number(card.item),
      claim_token: card.token,
      verdict,
      labels: verdict === "label" ? labels : [],
      reason,
      seconds: Math.round(this.stage.seconds * 100) / 100,
      shown: this.stage.proposalSeen,
    };
    const agreed = verdict === "label" && this.stage.agrees(labels);
    this.past.remember({ card, request, closes });
    $("hint").textContent = "";
    this.next(event);
    // The screen first: sending is work that the next item must not wait for.
    this.outbox.push({ kind: "decision", body, note: { title: card.title, said, labels, verdict, reason } });
    this.pace.decided({ closes });
    if (this.pace.rushes({ agreed, seconds: body.seconds })) this.buffer.insertBlind();
  }

  titles(labels) {
    return labels.map((name) => this.classes.get(name)?.title ?? name).join(", ") || "None of the classes";
  }

  /** The next item; without one, the old one stays visible and no key counts until one is here. */
  next(event) {
    const card = this.buffer.take();
    if (card) this.show(card, event);
    else if (this.buffer.exhausted) this.finish();
    else {
      this.stage.busy = true;
      say("Loading the next item.");
    }
  }

  show(card, event) {
    this.stage.show(card, event?.timeStamp);
    say(card.says ?? "");
    this.drawMode();
    $("undo-button").disabled = false;
  }

  onFilled() {
    if (this.stage.busy || (!this.stage.card && !this.past.reading)) {
      const card = this.buffer.take();
      if (card) this.show(card);
    }
  }

  finish() {
    this.stage.clear(document.importNode($("nothing-waits").content, true));
    say("Nothing waits for you any more.");
    this.drawMode();
  }

  // --- unsure -----------------------------------------------------------------------------------------------

  askWhy() {
    if (!this.#may()) return;
    $("unsure-dialog").showModal();
    $("unsure-reason").focus();
  }

  onWhy(event) {
    event.preventDefault();
    const field = $("unsure-reason");
    const reason = field.value.trim();
    $("unsure-dialog").close();
    field.value = "";
    this.decide("unsure", { reason });
  }

  // --- finding, proposals -----------------------------------------------------------------------------------

  find() {
    if (this.#may()) this.finder.open(this.stage.likely);
  }

  toggleProposals() {
    this.stage.proposalsHidden = !this.stage.proposalsHidden;
    sessionStorage.setItem(HIDE_KEY, this.stage.proposalsHidden ? "1" : "0");
    if (this.stage.card) this.stage.applyProposals();
    this.drawProposals();
    say(this.stage.proposalsHidden ? "Proposals hidden." : "Proposals shown.");
  }

  drawProposals() {
    $("proposal-button").setAttribute("aria-pressed", String(this.stage.proposalsHidden));
  }

  // --- drawing ----------------------------------------------------------------------------------------------

  drawChip() { drawSavedChip($("saved-chip"), this.outbox); }

  drawMode() {
    const reading = this.past.reading;
    document.body.classList.toggle("reading-history", reading);
    $("mode").textContent = reading ? `History, ${this.past.position} back` : "";
    for (const button of this.form.querySelectorAll("[data-while=deciding]")) button.disabled = reading || !this.stage.card;
    for (const button of this.form.querySelectorAll("[data-while=reading]")) button.disabled = !reading;
  }
}

new Review();
