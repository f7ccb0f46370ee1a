/**
 * Many items of one predicted class: arrows move, Space marks what is wrong, a digit gives the right class, and one
 * key accepts the rest, once all of it has been on the screen. Items marked wrong stay claimed and out of the way until
 * the page closes; then they wait in the ordinary queue. One undo takes a whole page back.
 */

import { columnsOf, decisionOn, drawAccept, isWrong, saysOf, wrapped } from "./cells.js";
import { GridClasses } from "./classes.js";
import { Finder } from "../review/finder.js";
import { Holding } from "../review/holding.js";
import { pageData, post, uuid } from "../shared/http.js";
import { Keys } from "../review/keys.js";
import { hint, say } from "../shared/live.js";
import { Look } from "./look.js";
import { Outbox } from "../review/outbox.js";
import { Marking } from "./marking.js";
import { Pages } from "./pages.js";
import { drawSavedChip } from "../review/saved_chip.js";
import { Sight } from "./sight.js";
import { SignIn } from "../review/signin.js";

const FIRST_WAIT = 400;
const LONGEST_FIRST_WAIT = 4_000;

/** Keys of looking, besides those that each may choose: the grid's own. */
const LOOKING = { larger: "+", smaller: "-", crop: "c", view: "v" };

const $ = (id) => document.getElementById(id);

class Grid {
  #pages = [];
  #aside = [];
  #undoing = false;
  #painted = true;

  constructor() {
    this.settings = pageData("grid-settings");
    this.list = $("cells");
    this.urls = { ...this.list.dataset };
    const { user, dataset, label } = this.settings;
    this.fetched = new Pages({ url: this.urls.next, label, held: () => this.inHand() });
    this.sight = new Sight(this.list);
    this.look = new Look({ list: this.list, dialog: $("look-dialog"), crop: $("crop-button") });
    this.counts = new GridClasses($("grid-classes"));
    this.marking = new Marking({
      settings: this.settings,
      legend: $("digits"),
      current: () => this.current,
      onChange: () => this.#count(),
    });
    this.outbox = new Outbox({
      user,
      dataset: `${dataset}:grid`,
      urls: { group: this.urls.decisions, groupUndo: this.urls.undo },
    });
    this.finder = new Finder({ dialog: $("finder"), classes: this.settings.classes, onPick: (name) => this.marking.correct(name) });
    this.signIn = new SignIn({ dialog: $("signin-dialog"), onDone: () => this.signedIn() });
    this.holding = new Holding({
      urls: this.urls,
      seconds: this.settings.claimSeconds,
      tokens: () => [...this.inHand(), ...this.outbox.entries().flatMap(({ body }) => (body.decisions ?? []).map((one) => one.claim_token))],
      releasable: () => this.inHand(),
      onAnswer: ({ status, user: who }) => {
        if (status === 401 || status === 403) this.onSignedOut();
        else if (who && who !== user) location.reload();
      },
    });
    this.label = label;
    new Keys({ map: { ...LOOKING, ...this.settings.keys }, off: this.settings.off, actions: this.#table(), onDigit: (digit) => this.digit(digit) });
    this.#listen();
    document.body.classList.add("scripted");
    this.#ready();
    this.outbox.drain();
    if (this.cells.length) this.fetched.prefetch();
    else this.#awaitFirst();
  }

  /** The page that was open before may give its claims back a moment after this one asked for them. */
  async #awaitFirst() {
    const empty = $("grid-empty");
    empty.hidden = this.counts.left > 0;
    for (let wait = FIRST_WAIT; this.counts.left && !this.cells.length && wait < LONGEST_FIRST_WAIT; wait *= 2) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      await this.next("");
    }
    if (!this.cells.length) this.#show([]);
  }

  #table() {
    return {
      accept: () => this.accept(),
      undo: () => this.undo(),
      find: () => this.finder.open(this.marking.likely),
      reject: () => this.marking.toggle(),
      later: () => this.go(1),
      earlier: () => this.go(-1),
      larger: () => this.look.resize(1),
      smaller: () => this.look.resize(-1),
      crop: () => { if (this.settings.images) this.look.crop(); },
      view: () => { if (this.current) this.look.open(this.current); },
      help: () => $("keys-help").showModal(),
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(columnsOf(this.cells)),
      ArrowUp: () => this.move(-columnsOf(this.cells)),
      Home: () => this.focus(0),
      End: () => this.focus(this.cells.length - 1),
      " ": () => this.marking.toggle(),
    };
  }

  #listen() {
    this.list.addEventListener("click", (event) => {
      const cell = event.target.closest(".cell");
      if (!cell) return;
      this.focus(this.cells.indexOf(cell));
      this.marking.toggle();
    });
    this.list.addEventListener("keydown", (event) => {
      // Space is a character for the key table of letters, but must work with those off as well.
      if (event.key !== " " || event.repeat) return;
      event.preventDefault();
      this.marking.toggle();
    });
    $("grid-form").addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) this.#table()[action]?.();
    });
    this.list.addEventListener("focusin", () => this.marking.drawDigits());
    this.fetched.addEventListener("claimed", () => this.holding.confirm());
    this.fetched.addEventListener("signedout", () => this.onSignedOut());
    this.fetched.addEventListener("trouble", () => this.hint("The server is unreachable; your decisions are kept and sent later."));
    this.outbox.addEventListener("change", () => this.drawChip());
    this.outbox.addEventListener("saved", ({ detail }) => this.onSaved(detail));
    this.outbox.addEventListener("refused", ({ detail }) => this.onRefused(detail));
    this.outbox.addEventListener("signedout", () => this.onSignedOut());
    addEventListener("beforeunload", (event) => { if (this.outbox.size) event.preventDefault(); });
  }

  get cells() { return [...this.list.querySelectorAll(".cell")]; }

  get current() { return this.cells.find((cell) => cell.tabIndex === 0) ?? this.cells[0]; }

  inHand() {
    const tokensOf = (cells) => cells.map((cell) => cell.dataset.token).filter(Boolean);
    return [...tokensOf(this.cells), ...this.fetched.tokens, ...this.#aside];
  }

  hint(text) { hint($("hint"), text); }

  /** Another class, where something waits. */
  go(direction) {
    const link = this.counts.beside(direction);
    if (link) link.click();
    else this.hint("No other class has items to review.");
  }

  focus(index) {
    const { cells } = this;
    const cell = cells[Math.max(0, Math.min(cells.length - 1, index))];
    if (!cell) return;
    for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
    cell.focus();
  }

  move(by) {
    const { cells } = this;
    const wanted = cells.indexOf(this.current) + by;
    if (wanted >= 0 && wanted < cells.length) this.focus(wanted);
  }

  digit(digit) {
    if (!this.marking.digit(digit)) this.hint(`No class has the key ${digit.replace("+", "Shift ")}. Press / to find one.`);
  }

  #count() { drawAccept($("accept-button"), $("accept-words"), this.cells); }

  accept() {
    const { cells } = this;
    if (!cells.length || !this.#painted || this.#undoing) return;
    const unseen = this.sight.unseen();
    if (unseen.length) {
      this.sight.show(unseen);
      this.hint(`${unseen.length} more below. Check them first, then press again.`);
      return;
    }
    const group = uuid();
    const decided = cells.filter((cell) => !isWrong(cell));
    const wrong = cells.filter(isWrong);
    this.#aside.push(...wrong.map((cell) => cell.dataset.token));
    const decisions = decided.map((cell) => decisionOn(cell, this.label));
    this.counts.decided(decisions.length);
    this.#pages.push({ group: decisions.length ? group : "", cells, count: decisions.length });
    if (decisions.length) this.outbox.push({ kind: "group", body: { group_id: group, decisions }, note: {} });
    $("undo-button").disabled = false;
    this.next(saysOf(decided, wrong));
  }

  /** The next page, fetched already if the network allowed. */
  async next(text) {
    this.list.setAttribute("aria-busy", "true");
    this.#painted = false;
    $("hint").textContent = text;
    const cards = await this.fetched.take();
    this.#show(cards.map((card) => card.node.firstElementChild ?? card.node.querySelector(".cell")));
    hint($("hint"), text);
    say(`${text} ${cards.length ? `${cards.length} more.` : "No items of this class left."}`);
    this.fetched.prefetch();
  }

  #show(cells) {
    this.list.replaceChildren(...cells);
    this.list.removeAttribute("aria-busy");
    $("grid-empty").hidden = cells.length > 0;
    this.#ready();
    // What came is confirmed; what was on its way may have been claimed for a page that never got it.
    if (cells.length) this.holding.confirm();
    else this.counts.offer($("next-class"));
    requestAnimationFrame(() => requestAnimationFrame(() => { this.#painted = true; this.sight.look(); }));
  }

  #ready() {
    const { cells } = this;
    cells.forEach((cell, index) => { cell.tabIndex = index === 0 ? 0 : -1; });
    this.list.scrollTop = 0;
    cells[0]?.focus({ preventScroll: true });
    this.#count();
    this.marking.drawDigits();
    this.sight.look();
  }

  /** Take the last page back: its items come back as soon as the server has claimed them again. */
  undo() {
    if (this.#undoing) return;
    const page = this.#pages.pop();
    if (!page) { this.hint("Nothing to undo."); return; }
    $("undo-button").disabled = this.#pages.length === 0;
    this.#aside = this.#aside.filter((token) => !page.cells.some((cell) => cell.dataset.token === token));
    this.#undoing = page;
    this.list.setAttribute("aria-busy", "true");
    if (!page.group) { this.#restore([]); return; }
    this.outbox.push({ kind: "groupUndo", body: { request_id: uuid(), group_id: page.group }, note: {} });
  }

  #restore(undone) {
    const page = this.#undoing;
    this.#undoing = false;
    const tokens = new Map(undone.map((one) => [String(one.item), one.token]));
    for (const cell of page.cells) {
      const token = tokens.get(cell.dataset.item);
      if (token) cell.dataset.token = token;
    }
    const back = page.cells.filter((cell) => tokens.has(cell.dataset.item) || isWrong(cell));
    this.fetched.putBack(this.cells.map(wrapped));
    this.counts.decided(-undone.length);
    this.#show(back);
    this.hint(`${undone.length} undone.`);
  }

  onSaved({ entry, body }) {
    if (entry.kind === "groupUndo" && this.#undoing) this.#restore(body.undone ?? []);
    const lost = (body.results ?? []).filter(({ status }) => status >= 400).length;
    if (!lost) return;
    this.counts.decided(-lost);
    this.hint(`${lost} went to other reviewers in the meantime and were not changed.`);
  }

  onRefused({ entry, message }) {
    if (entry.kind === "groupUndo") {
      // The page that is shown stays, and can be decided.
      this.#undoing = false;
      this.list.removeAttribute("aria-busy");
    }
    this.hint(message || "The server rejected this page.");
  }

  onSignedOut() {
    this.outbox.stop();
    this.holding.pause();
    this.drawChip();
    this.signIn.ask("You are signed out. Your decisions are kept in this browser; sign in to send them.");
  }

  async signedIn() {
    const { status, body } = await post(this.urls.heartbeat, { tokens: [] });
    if (status === 401) return SignIn.NOBODY;
    if (status !== 200) return "This account cannot review this dataset.";
    if (body.user !== this.settings.user) { location.reload(); return "Another account: the page reloads."; }
    this.outbox.resume();
    this.fetched.resume();
    this.holding.resume();
    return "";
  }

  drawChip() { drawSavedChip($("saved-chip"), this.outbox, (n) => (n === 1 ? "1 page" : `${n} pages`)); }
}

new Grid();
