/**
 * Many items of one predicted class: arrows move, Space marks what is wrong, a digit gives the right class, and one
 * key accepts the rest. Items marked wrong stay claimed and out of the way until the page closes; then they wait in
 * the ordinary queue. One undo takes a whole page back.
 */

import { cardsFrom } from "../review/buffer.js";
import { columnsOf, isMarked, isWrong, markCell, wrapped } from "./cells.js";
import { Finder } from "../review/finder.js";
import { Holding } from "../review/holding.js";
import { Unreachable, getFragment, pageData, post, uuid } from "../shared/http.js";
import { Keys } from "../review/keys.js";
import { alert, say } from "../shared/live.js";
import { Outbox } from "../review/outbox.js";
import { drawSavedChip } from "../review/saved_chip.js";
import { SignIn } from "../review/signin.js";

const $ = (id) => document.getElementById(id);

class Grid {
  #pages = [];
  #coming = null;
  #asking = null;
  #aside = [];
  #undoing = false;
  #painted = true;

  constructor() {
    this.settings = pageData("grid-settings");
    this.list = $("cells");
    this.urls = { ...this.list.dataset };
    const { user, dataset, label } = this.settings;
    this.classes = new Map(this.settings.classes.map((one) => [one.name, one]));
    this.outbox = new Outbox({
      user,
      dataset: `${dataset}:grid`,
      urls: { group: this.urls.decisions, groupUndo: this.urls.undo },
    });
    this.finder = new Finder({ dialog: $("finder"), classes: this.settings.classes, onPick: (name) => this.correct(name) });
    this.signIn = new SignIn({ dialog: $("signin-dialog"), onDone: () => this.signedIn() });
    this.holding = new Holding({
      urls: this.urls,
      seconds: this.settings.claimSeconds,
      tokens: () => [...this.inHand(), ...this.outbox.entries().flatMap(({ body }) => (body.decisions ?? []).map((one) => one.claim_token))],
      releasable: () => this.inHand(),
      onAnswer: ({ status, user: who }) => {
        if (status === 401) this.onSignedOut();
        else if (who && who !== user) location.reload();
      },
    });
    this.label = label;
    new Keys({ map: this.settings.keys, off: this.settings.off, actions: this.#table(), onDigit: (digit) => this.digit(digit) });
    this.#listen();
    document.body.classList.add("scripted");
    this.#ready();
    this.outbox.drain();
    this.prefetch();
  }

  #table() {
    return {
      accept: () => this.accept(),
      undo: () => this.undo(),
      find: () => this.finder.open(),
      reject: () => this.mark(),
      help: () => $("keys-help").showModal(),
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(columnsOf(this.cells)),
      ArrowUp: () => this.move(-columnsOf(this.cells)),
      Home: () => this.focus(0),
      End: () => this.focus(this.cells.length - 1),
      " ": () => this.mark(),
    };
  }

  #listen() {
    this.list.addEventListener("click", (event) => {
      const cell = event.target.closest(".cell");
      if (!cell) return;
      this.focus(this.cells.indexOf(cell));
      this.mark();
    });
    this.list.addEventListener("keydown", (event) => {
      // Space is a character for the key table of letters, but must work with those off as well.
      if (event.key !== " " || event.repeat) return;
      event.preventDefault();
      this.mark();
    });
    $("grid-form").addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) this.#table()[action]?.();
    });
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
    const coming = (this.#coming ?? []).map((card) => card.token);
    return [...tokensOf(this.cells), ...coming, ...this.#aside];
  }

  hint(text) {
    $("hint").textContent = text;
    alert(text);
  }

  // --- marking ----------------------------------------------------------------------------------------------

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

  /** Wrong, or right again. */
  mark(cell = this.current) {
    if (!cell) return;
    const wrong = !isMarked(cell);
    markCell(cell, { wrong });
    this.#count();
    say(`${cell.dataset.title}: ${wrong ? "wrong" : "right"}.`);
  }

  digit(digit) {
    const found = this.settings.classes.find((one) => one.key === digit);
    if (found) this.correct(found.name);
    else this.hint(`No class has the key ${digit.replace("+", "Shift ")}. Press / to find one.`);
  }

  /** Give the cell its right class. */
  correct(name, cell = this.current) {
    if (!cell) return;
    markCell(cell, { shown: name === this.label ? null : this.classes.get(name) });
    this.#count();
    say(`${cell.dataset.title}: ${this.classes.get(name)?.title ?? name}.`);
    cell.focus();
  }

  #count() {
    const { cells } = this;
    $("accept-count").textContent = String(cells.filter((cell) => !isWrong(cell)).length);
    $("accept-button").disabled = cells.length === 0;
  }

  // --- deciding ---------------------------------------------------------------------------------------------

  accept() {
    const { cells } = this;
    if (!cells.length || !this.#painted || this.#undoing) return;
    const group = uuid();
    const decided = cells.filter((cell) => !isWrong(cell));
    const wrong = cells.filter(isWrong);
    this.#aside.push(...wrong.map((cell) => cell.dataset.token));
    const decisions = decided.map((cell) => ({
      request_id: uuid(),
      item: Number(cell.dataset.item),
      claim_token: cell.dataset.token,
      verdict: "label",
      value: { labels: [cell.dataset.label || this.label] },
      shown: true,
    }));
    this.#pages.push({ group: decisions.length ? group : "", cells });
    if (decisions.length) this.outbox.push({ kind: "group", body: { group_id: group, decisions }, note: {} });
    $("undo-button").disabled = false;
    const set = wrong.length ? `, ${wrong.length} set aside` : "";
    this.next(`${decisions.length} accepted${set}.`);
  }

  /** The next page, fetched already if the network allowed. */
  async next(text) {
    this.list.setAttribute("aria-busy", "true");
    this.#painted = false;
    const cards = this.#coming ?? (await this.#asked());
    this.#coming = null;
    this.#show(cards.map((card) => card.node.firstElementChild ?? card.node.querySelector(".cell")));
    $("hint").textContent = text;
    say(`${text} ${cards.length ? `${cards.length} more.` : "Nothing of this class is left."}`);
    this.prefetch();
  }

  #show(cells) {
    this.list.replaceChildren(...cells);
    this.list.removeAttribute("aria-busy");
    $("grid-empty").hidden = cells.length > 0;
    this.#ready();
    requestAnimationFrame(() => requestAnimationFrame(() => { this.#painted = true; }));
  }

  #ready() {
    const { cells } = this;
    cells.forEach((cell, index) => { cell.tabIndex = index === 0 ? 0 : -1; });
    cells[0]?.focus({ preventScroll: true });
    scrollTo(0, 0);
    this.#count();
  }

  async prefetch() {
    if (this.#coming || !this.label) return;
    const cards = await this.#asked();
    if (!this.#coming) this.#coming = cards.length ? cards : null;
  }

  /** The page that is on its way, asked for once: a second request would find its items claimed, and be empty. */
  #asked() {
    this.#asking ??= this.#fetch().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #fetch() {
    try {
      const url = new URL(this.urls.next, location.href);
      url.searchParams.set("label", this.label);
      const { status, dom } = await getFragment(url);
      if (status === 401) this.onSignedOut();
      return status === 200 ? await cardsFrom(dom) : [];
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.hint("The server cannot be reached; what you decided is kept and sent later.");
      return [];
    }
  }

  /** Take the last page back: its items come back as soon as the server has claimed them again. */
  undo() {
    if (this.#undoing) return;
    const page = this.#pages.pop();
    if (!page) { this.hint("There is nothing to take back."); return; }
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
    this.#coming = [...this.cells.map(wrapped), ...(this.#coming ?? [])];
    this.#show(back);
    $("hint").textContent = `${undone.length} taken back.`;
    say(`${undone.length} taken back.`);
  }

  // --- what the server says ---------------------------------------------------------------------------------

  onSaved({ entry, body }) {
    if (entry.kind === "groupUndo" && this.#undoing) this.#restore(body.undone ?? []);
    const lost = (body.results ?? []).filter(({ status }) => status >= 400).length;
    if (lost) this.hint(`${lost} had gone to somebody else meanwhile and were not changed.`);
  }

  onRefused({ entry, message }) {
    if (entry.kind === "groupUndo") {
      // The page that is shown stays, and can be decided.
      this.#undoing = false;
      this.list.removeAttribute("aria-busy");
    }
    this.hint(message || "The server refused this page.");
  }

  onSignedOut() {
    this.drawChip();
    this.signIn.ask("You are signed out. Your decisions are kept in this browser; sign in to send them.");
  }

  async signedIn() {
    const { status, body } = await post(this.urls.heartbeat, { tokens: [] });
    if (status === 401) return SignIn.NOBODY;
    if (status !== 200) return "That account may not review this dataset.";
    if (body.user !== this.settings.user) { location.reload(); return "Another account: the page starts afresh."; }
    this.outbox.resume();
    return "";
  }

  drawChip() { drawSavedChip($("saved-chip"), this.outbox, (n) => (n === 1 ? "1 page" : `${n} pages`)); }
}

new Grid();
