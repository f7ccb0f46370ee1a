/**
 * The review loop. A key decides: the decision goes into the outbox, the next item, which is here already, goes on
 * the screen, and the server hears of it in the background. See frontend notes in docs/interface.md.
 */

import { Buffer, cardsFrom } from "./buffer.js";
import { Finder, swatch } from "./finder.js";
import { History } from "./history.js";
import { Holding } from "./holding.js";
import { Unreachable, getFragment, pageData, uuid } from "./http.js";
import { Keys } from "./keys.js";
import { alert, say } from "./live.js";
import { Lost } from "./lost.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { SignIn } from "./signin.js";
import { Stage } from "./stage.js";
import { watchImages, zoom } from "./zoom.js";

const MOST_UNSENT = 20;
const MOST_UNDO = 50;
const HINT_MS = 5_000;
const HIDE_KEY = "countersign:proposals-hidden";
const VERDICT_WORDS = { reject: "Rejected", skip: "Skipped", unsure: "Unsure" };

const $ = (id) => document.getElementById(id);

class Review {
  #past = [];
  #aside = null;
  #hintTimer = 0;

  constructor() {
    this.settings = pageData("review-settings");
    this.form = $("review-form");
    this.urls = { ...this.form.dataset };
    const { user, dataset, claimSeconds, waiting } = this.settings;
    this.classes = new Map(this.settings.classes.map((one) => [one.name, one]));
    this.stage = new Stage($("stage"), { proposalsHidden: sessionStorage.getItem(HIDE_KEY) === "1" });
    this.outbox = new Outbox({ user, dataset, urls: { decision: this.urls.decisions, undo: this.urls.undo } });
    this.buffer = new Buffer({ url: this.urls.next, ahead: Number(this.form.dataset.ahead) });
    this.history = new History({ url: this.urls.history });
    this.pace = new Pace({ root: $("review-head"), waiting, mine: Number(this.form.dataset.mine), dataset });
    this.lost = new Lost({ user, dataset, chip: $("lost-chip"), dialog: $("lost-dialog"), onLook: (entry) => this.lookAgain(entry) });
    this.signIn = new SignIn({ dialog: $("signin-dialog"), onDone: () => this.signedIn() });
    this.finder = new Finder({ dialog: $("finder"), classes: this.settings.classes, onPick: (name, event) => this.pick(name, event) });
    this.holding = new Holding({
      urls: this.urls,
      seconds: claimSeconds,
      tokens: () => [...this.inHand(), ...this.outbox.entries().map(({ body }) => body.claim_token)],
      releasable: () => this.inHand(),
      onAnswer: (answer) => this.onHeld(answer),
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
      undo: (event) => this.undo(event),
      find: () => this.find(),
      none: () => this.none(),
      earlier: () => this.walk("earlier"),
      later: () => this.walk("later"),
      edit: () => this.edit(),
      leave: () => this.leaveHistory(),
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
    this.outbox.addEventListener("refused", ({ detail }) => this.onRefused(detail));
    this.outbox.addEventListener("saved", ({ detail }) => this.onSaved(detail));
    this.outbox.addEventListener("signedout", ({ detail }) => this.onSignedOut(detail));
    this.buffer.addEventListener("signedout", ({ detail }) => this.onSignedOut(detail));
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
      $("item").focus({ preventScroll: true });
      say(this.stage.card.says);
    } else {
      this.stage.busy = false;
    }
  }

  inHand() {
    const shown = this.stage.card?.token ? [this.stage.card.token] : [];
    return [...shown, ...(this.#aside?.token ? [this.#aside.token] : []), ...this.buffer.tokens()];
  }

  /** One short line for eyes and ears. */
  hint(text) {
    const line = $("hint");
    line.textContent = text;
    alert(text);
    clearTimeout(this.#hintTimer);
    this.#hintTimer = setTimeout(() => { line.textContent = ""; }, HINT_MS);
  }

  // --- deciding ---------------------------------------------------------------------------------------------

  /** Whether a decision may be taken now; says why not where the reviewer can do something about it. */
  #may() {
    if (this.history.active) {
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
    const labels = this.stage.choice;
    if (labels === null) {
      this.hint(this.settings.multi ? "Nothing is chosen. Press the classes' digits, / to find one, or N for none." : "Nothing is chosen. Press a class's digit, or / to find one.");
      return;
    }
    this.decide("label", { labels, event });
  }

  digit(digit, event) {
    if (!this.stage.card || this.history.active || !this.stage.ready) return;
    const name = this.stage.nameOfDigit(digit);
    if (name === null) this.hint(`No class has the key ${digit.replace("+", "Shift ")}. Press / to find one.`);
    else this.pick(name, event);
  }

  /** A class was picked: in a single-label dataset that decides. */
  pick(name, event) {
    if (!this.#may()) return;
    if (this.settings.multi) {
      const on = this.stage.toggle(name, (wanted) => this.rowFor(wanted));
      say(`${this.classes.get(name)?.title ?? name} ${on ? "on" : "off"}.`);
      return;
    }
    this.stage.choose([name], (wanted) => this.rowFor(wanted));
    this.decide("label", { labels: [name], event });
  }

  none() {
    if (this.settings.multi && this.#may()) this.stage.toggle("", () => null);
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
    this.#past.push({ card, request, closes });
    if (this.#past.length > MOST_UNDO) this.#past.shift();
    this.next(event);
    // The screen first: sending is work that the next item must not wait for.
    this.outbox.push({ kind: "decision", body, note: { title: card.title, said, labels, verdict, reason } });
    this.pace.decided({ closes });
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
    if (this.stage.busy || (!this.stage.card && !this.history.active)) {
      const card = this.buffer.take();
      if (card) this.show(card);
    }
  }

  finish() {
    this.stage.clear(document.importNode($("nothing-waits").content, true));
    say("Nothing waits for you any more.");
    this.drawMode();
  }

  undo(event) {
    if (this.history.active) { this.edit(); return; }
    if (this.stage.card && !this.stage.ready && !this.stage.busy) return;
    const last = this.#past.pop();
    if (!last) { this.#undoOlder(); return; }
    const token = uuid();
    this.outbox.push({
      kind: "undo",
      body: { request_id: uuid(), undoes: last.request, claim_token: token },
      note: { item: last.card.item, title: last.card.title, said: "take it back" },
    });
    this.reopen(last.card, token, event);
    this.pace.undone({ closed: last.closes });
  }

  /** Put an item that was decided back on the screen, under a new claim; the present one waits behind it. */
  reopen(card, token, event) {
    card.token = token;
    const waited = this.stage.busy;
    const before = this.stage.show(card, event?.timeStamp);
    this.stage.readOnly = false;
    // After a miss the item on the screen is decided already: it must not come again.
    if (before && before !== card && !waited) this.buffer.putBack(before);
    say(`Taken back. ${card.says ?? ""}`);
    this.drawMode();
  }

  async #undoOlder() {
    await this.walk("earlier");
    if (this.history.active) this.edit();
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

  /** A row for a class that the panel does not list. */
  rowFor(name) {
    const shown = this.classes.get(name) ?? { title: name, path: "", color: "#999999", shape: 0 };
    const row = document.importNode($("choice-row").content, true).firstElementChild;
    const input = row.querySelector("input");
    input.type = this.settings.multi ? "checkbox" : "radio";
    input.value = name;
    row.querySelector(".choice-name").textContent = shown.title;
    row.querySelector(".choice-path").textContent = shown.path;
    row.querySelector(".choice-title").before(swatch(shown));
    return row;
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

  // --- history ----------------------------------------------------------------------------------------------

  async walk(direction) {
    if (this.stage.card && !this.stage.ready) return;
    if (!this.history.active && direction === "later") { this.hint("This is the present item; K goes back in your history."); return; }
    try {
      if (!this.history.active && !(await this.outbox.settled(2_000))) { this.hint("Your last decisions are not saved yet; the history comes after them."); return; }
      const card = direction === "earlier" ? await this.history.earlier() : this.history.later();
      if (card) this.#showPast(card);
      else if (direction === "later") this.leaveHistory();
      else this.hint(this.history.active ? "This is the oldest one." : "You have decided nothing here yet.");
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.hint("The history cannot be read just now.");
    }
  }

  #showPast(card) {
    const before = this.stage.show(card);
    if (before && !before.decision) this.#aside = before;
    this.stage.readOnly = true;
    say(card.says);
    this.drawMode();
  }

  leaveHistory() {
    if (!this.history.active) return;
    this.history.leave();
    const card = this.#aside;
    this.#aside = null;
    if (card) this.show(card);
    else { this.stage.card = null; this.next(); }
    this.drawMode();
  }

  /** Undo the decision on the screen and decide the item anew. */
  edit() {
    if (!this.history.active) { this.hint("E changes an item of your history; K goes there."); return; }
    const { card } = this.history;
    const token = uuid();
    this.outbox.push({
      kind: "undo",
      body: { request_id: uuid(), undoes: card.request, claim_token: token },
      note: { item: card.item, title: card.title, said: "change it" },
    });
    this.#past = this.#past.filter((entry) => entry.request !== card.request);
    this.history.leave();
    if (this.#aside) this.buffer.putBack(this.#aside);
    this.#aside = null;
    card.token = token;
    delete card.decision;
    $("stage").classList.add("changing");
    this.stage.readOnly = false;
    this.pace.undone({ closed: true });
    say(`Open for change. ${card.says}`);
    this.drawMode();
  }

  // --- what the server says ---------------------------------------------------------------------------------

  onSaved({ entry }) {
    // An undo that an earlier page left behind has claimed an item that nobody looks at.
    const token = entry.kind === "undo" ? entry.body.claim_token : "";
    const inUse = this.inHand().includes(token) || this.outbox.entries().some(({ body }) => body.claim_token === token);
    if (token && !inUse) this.holding.release([token]);
  }

  onRefused({ entry, message }) {
    this.#past = this.#past.filter(({ request }) => request !== entry.body.request_id);
    // An undo of what was refused has nothing to take back; the item is in the list already.
    if (entry.kind === "undo" && this.lost.entries.some(({ item }) => item === String(entry.note.item))) return;
    this.lost.add({ entry, message });
    this.hint(`An item needs another look: ${message}`);
  }

  /** Fetch an item that was lost and show it with what the reviewer had chosen. */
  async lookAgain(entry) {
    let found;
    try {
      found = await getFragment(this.urls.item.replace("/0/", `/${entry.item}/`));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return "The server cannot be reached just now.";
    }
    const [card] = found.status === 200 ? await cardsFrom(found.dom) : [];
    if (!card) return "It does not wait for you any more: somebody else has it or has decided it.";
    if (this.history.active) this.leaveHistory();
    const waited = this.stage.busy;
    const before = this.stage.show(card);
    if (before && !waited) this.buffer.putBack(before);
    if (entry.labels?.length) this.stage.choose(entry.labels, (name) => this.rowFor(name));
    $("unsure-reason").value = entry.reason ?? "";
    this.lost.remove(entry.item);
    $("lost-dialog").close();
    $("item").focus({ preventScroll: true });
    this.drawMode();
    return "";
  }

  onHeld({ held, asked, user, status }) {
    if (status) { if (status === 401) this.onSignedOut({ status }); return; }
    if (user !== this.settings.user) { location.reload(); return; }
    const lost = (token) => asked.includes(token) && !held.has(token);
    this.buffer.keep((token) => !lost(token));
    this.buffer.refill();
    const { card } = this.stage;
    // A claim made by an undo exists only when the undo has arrived.
    if (card?.token && lost(card.token) && !this.outbox.size && !card.toldLost) {
      card.toldLost = true;
      this.hint("Your hold on this item has run out and somebody else has it. Skip it with S.");
    }
  }

  onSignedOut({ status, code }) {
    this.drawChip();
    const text = status === 403 && code === "forbidden"
      ? "You may not decide in this dataset any more. Sign in as somebody who may, or ask its admin."
      : "You are signed out. Your decisions are kept in this browser; sign in to send them.";
    this.signIn.ask(text);
  }

  async signedIn() {
    const { status, body } = await this.#whoAmI();
    if (status !== 200) return "That account may not review this dataset.";
    if (body.user !== this.settings.user) { location.reload(); return "Another account: the page starts afresh."; }
    this.outbox.resume();
    this.buffer.refill();
    this.holding.beat();
    return "";
  }

  async #whoAmI() {
    const { post } = await import("./http.js");
    return post(this.urls.heartbeat, { tokens: [] });
  }

  // --- drawing ----------------------------------------------------------------------------------------------

  drawChip() {
    const chip = $("saved-chip");
    const { size, state } = this.outbox;
    const offline = state === "waiting" || !navigator.onLine;
    chip.dataset.state = size === 0 ? "saved" : offline || state === "stopped" ? "trouble" : "sending";
    const text = size === 0 ? "All saved" : state === "stopped" ? `Signed out, ${size} unsaved` : offline ? `Offline, ${size} unsaved` : `${size} unsaved`;
    if (chip.textContent !== text) chip.textContent = text;
  }

  drawMode() {
    const reading = this.history.active;
    document.body.classList.toggle("reading-history", reading);
    $("mode").textContent = reading ? `History, ${this.history.position} back` : "";
    for (const button of this.form.querySelectorAll("[data-while=deciding]")) button.disabled = reading || !this.stage.card;
    for (const button of this.form.querySelectorAll("[data-while=reading]")) button.disabled = !reading;
  }
}

new Review();
