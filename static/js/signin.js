/**
 * Signing in again without leaving the page, so that unsent decisions and the item on the screen stay.
 */

import { Unreachable, csrfToken } from "./http.js";

export class SignIn {
  #dialog;
  #form;
  #url;
  #onDone;

  /** `onDone`: async function() called after a sign-in that worked; gives an error text or "". */
  constructor({ dialog, onDone }) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#url = dialog.dataset.loginUrl;
    this.#onDone = onDone;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /**
   * Ask for the password; `text` says why. Several requests may find at once that the session has ended: once the
   * dialog is open, the focus and what it says belong to whoever is typing.
   */
  ask(text) {
    if (this.#dialog.open) return;
    this.#say(text);
    this.#dialog.showModal();
    const { username, password } = this.#form.elements;
    (username.value ? password : username).focus();
  }

  #say(text) { this.#dialog.querySelector("[role=alert]").textContent = text; }

  async #send() {
    this.#form.setAttribute("aria-busy", "true");
    try {
      this.#say(await this.#signIn());
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof TypeError)) throw error;
      this.#say("The server cannot be reached. Your decisions are kept here; try again in a moment.");
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }

  async #signIn() {
    // The sign-in page renews the CSRF cookie, which may have gone with the session.
    await fetch(this.#url, { credentials: "same-origin" });
    const body = new URLSearchParams(new FormData(this.#form));
    const response = await fetch(this.#url, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "X-CSRFToken": csrfToken() },
      body,
    });
    if (response.type !== "opaqueredirect") return "That name and password do not fit. Try again.";
    const problem = await this.#onDone();
    if (problem) return problem;
    this.#form.reset();
    this.#dialog.close();
    return "";
  }
}
