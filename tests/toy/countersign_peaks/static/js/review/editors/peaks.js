/** Peaks of a series, set and removed number by number. */

import { Editor } from "../editing.js";

class PeaksEditor extends Editor {
  #peaks = [];
  #at = 0;
  #made = false;
  #shown = true;

  begin() {
    if (this.data.value) this.restore({ value: this.data.value });
  }

  attach() { this.#draw(); }

  set proposals(on) { this.#shown = on; }

  get value() { return this.#made ? { peaks: this.#peaks.map(({ at, label }) => ({ at, label })) } : null; }

  takeProposal() {
    if (!this.#shown || !this.data.proposal) return false;
    this.restore({ value: this.data.proposal });
    return true;
  }

  get agrees() { return false; }

  says(value) { return `${value.peaks.length} peaks`; }

  state() { return this.value && { value: this.value }; }

  restore({ value }) {
    this.#peaks = value.peaks.map(({ at, label }) => ({ at, label }));
    this.#made = true;
    this.#draw();
  }

  digit(digit) {
    const found = this.task.classes.find(({ key }) => key === digit);
    if (!found) return false;
    this.#set(found.name);
    return true;
  }

  pick(name) { this.#set(name); }

  none() {
    this.#peaks = [];
    this.#change();
  }

  get actions() {
    return {
      later: () => this.#go(1),
      before: () => this.#go(-1),
      remove: () => {
        this.#peaks = this.#peaks.filter(({ at }) => at !== this.#at);
        this.#change();
      },
    };
  }

  #go(step) {
    this.#at = Math.max(0, Math.min(this.data.extent.frames - 1, this.#at + step));
    this.viewer?.show({ at: this.#at });
    this.#draw();
  }

  #set(label) {
    this.#peaks = [...this.#peaks.filter(({ at }) => at !== this.#at), { at: this.#at, label }];
    this.#change();
  }

  #change() {
    this.#made = true;
    this.#peaks.sort((one, other) => one.at - other.at);
    this.#draw();
    this.changed();
  }

  #draw() {
    const list = this.querySelector("[data-peaks]");
    list.replaceChildren(...this.#peaks.map(({ at, label }) => {
      const line = document.createElement("li");
      line.textContent = `${at}: ${label}`;
      return line;
    }));
    for (const [at, number] of (this.viewer?.numbers ?? []).entries()) {
      number.toggleAttribute("aria-current", at === this.#at);
    }
  }
}

customElements.define("peaks-editor", PeaksEditor);
