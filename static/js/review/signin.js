/**
 * Signing in again without leaving the page, so that unsent decisions and the item on the screen stay. What needs more
 * than a password (a second factor, a passkey, an identity provider) happens in a window of its own; when the reviewer
 * comes back from there, the page continues automatically.
 */

import { Unreachable, csrfToken } from "../shared/http.js";

const SECOND_FACTOR = "This account uses two-factor authentication: sign in in a new window, then return here.";
// Keys that are still on their way to the item when the dialog opens; nobody reads it and types faster than this.
const STILL_MS = 500, AT_MOST_MS = 1500;
const AWAY = "The server is unreachable. Your decisions are kept here; try again in a moment.";

export class SignIn {
  /** What `onDone` gives when the server still knows nobody. */
  static NOBODY = Symbol("not signed in");

  #dialog;
  #form;
  #onDone;
  #elsewhere;
  #turn = Promise.resolve();
  #expected = false;
  #opened = 0;
  #lastKey = 0;

  /** `onDone`: async function() called after a sign-in; gives an error text, "" when all is well, or SignIn.NOBODY. */
  constructor({ dialog, onDone }) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#elsewhere = dialog.querySelector("a[target=_blank]");
    this.#onDone = onDone;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#form.hasAttribute("aria-busy")) return;
      this.#form.setAttribute("aria-busy", "true");
      this.#inTurn(() => this.#submitted());
    });
    dialog.addEventListener("keydown", (event) => this.#swallow(event), { capture: true });
    addEventListener("focus", () => this.#back());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#back(); });
  }

  /**
   * Ask for the password; `text` says why. Several requests may find at once that the session has ended: once the
   * dialog is open, the focus and its text stay with the user who is typing.
   */
  ask(text) {
    if (this.#dialog.open) return;
    this.#say(text);
    this.#dialog.showModal();
    this.#opened = this.#lastKey = performance.now();
    const { username, password } = this.#form.elements;
    (username.value ? password : username).focus();
  }

  /** Until the keyboard has been still for a moment its characters were meant for the item: none is for the password. */
  #swallow(event) {
    const meant = event.timeStamp - this.#lastKey < STILL_MS && event.timeStamp - this.#opened < AT_MOST_MS;
    this.#lastKey = event.timeStamp;
    if (meant && event.key.length === 1) event.preventDefault();
  }

  #say(text) { this.#dialog.querySelector("[role=alert]").textContent = text; }

  /** One question to the server at a time: each sees what the one before it changed. */
  #inTurn(ask) {
    this.#turn = this.#turn.catch(() => {}).then(ask);
  }

  async #submitted() {
    try {
      if (!this.#dialog.open) return;
      const problem = await this.#signIn();
      if (problem) this.#say(problem);
      else this.#close();
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof TypeError)) throw error;
      this.#say(AWAY);
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }

  #close() {
    this.#form.reset();
    this.#dialog.close();
  }

  async #signIn() {
    const { loginUrl, secondFactorUrl } = this.#dialog.dataset;
    // The sign-in page renews the CSRF cookie, which may have gone with the session.
    await fetch(loginUrl, { credentials: "same-origin" });
    const body = new URLSearchParams(new FormData(this.#form));
    const response = await fetch(loginUrl, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "X-CSRFToken": csrfToken() },
      body,
    });
    if (response.status === 429) return "Too many wrong passwords. Wait 15 minutes; your decisions are kept here.";
    if (response.type !== "opaqueredirect") return "Wrong username or password. Try again.";
    const problem = await this.#onDone();
    if (problem !== SignIn.NOBODY) return problem;
    this.#elsewhere.href = secondFactorUrl;
    this.#elsewhere.textContent = "Continue in a new window";
    this.#elsewhere.focus();
    return SECOND_FACTOR;
  }

  /** Perhaps somebody has signed in in another window meanwhile. Coming back while a look is on its way asks for one more. */
  #back() {
    if (!this.#dialog.open || this.#expected) return;
    this.#expected = true;
    this.#inTurn(() => this.#look());
  }

  async #look() {
    this.#expected = false;
    if (!this.#dialog.open) return;
    try {
      const problem = await this.#onDone();
      if (problem === SignIn.NOBODY) return;
      if (problem) this.#say(problem);
      else this.#close();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }
}
