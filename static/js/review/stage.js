/**
 * What is on the screen: shows a card, knows when it was really painted, reads and sets the choice on it.
 * A key counts for an item only after the item was painted.
 */

/** Runs after the next frame is on the screen: a frame callback comes before painting, a message right after it. */
function afterPaint(run) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = run;
    channel.port2.postMessage(0);
  });
}

export class Stage {
  #root;
  #rowFor;
  #painted = false;
  #shownAt = 0;
  #hiddenSince = 0;
  #hiddenFor = 0;
  #seen = false;
  /** The card on the screen, or null when nothing waits. */
  card = null;

  /** `rowFor`: function(class name) -> row, for a class that the panel does not list. */
  constructor(root, { rowFor, proposalsHidden = false }) {
    this.#root = root;
    this.#rowFor = rowFor;
    this.proposalsHidden = proposalsHidden;
    document.addEventListener("visibilitychange", () => this.#onVisibility());
  }

  /** Whether a decision key may count now. */
  get ready() { return this.card !== null && this.#painted && !this.busy; }

  get busy() { return this.#root.getAttribute("aria-busy") === "true"; }

  set busy(on) {
    if (on) this.#root.setAttribute("aria-busy", "true");
    else this.#root.removeAttribute("aria-busy");
  }

  /** Take the card that the server rendered into the page. */
  adopt() {
    const item = this.#root.querySelector("#item");
    if (!item) return;
    this.card = { ...item.dataset, node: null };
    this.#fresh(performance.now());
  }

  /** Put the card on the screen; gives the one that was there, its nodes kept. `since`: when the key was pressed. */
  show(card, since = performance.now()) {
    const before = this.card;
    if (before) before.node = this.#takeDown();
    else this.#root.replaceChildren();
    this.#root.replaceChildren(card.node);
    card.node = null;
    this.card = card;
    this.busy = false;
    this.focus();
    this.#fresh(since);
    return before;
  }

  /** The item has the focus, so that keys and screen readers start from it. */
  focus() { this.#item?.focus({ preventScroll: true }); }

  /** Nothing waits: show the fragment instead of an item. */
  clear(fragment) {
    const before = this.card;
    if (before) before.node = this.#takeDown();
    this.card = null;
    this.busy = false;
    this.#root.replaceChildren(fragment);
    this.#root.querySelector("[tabindex]")?.focus({ preventScroll: true });
    return before;
  }

  #takeDown() {
    const fragment = document.createDocumentFragment();
    fragment.append(...this.#root.childNodes);
    return fragment;
  }

  #fresh(since) {
    this.#painted = false;
    this.#hiddenFor = 0;
    this.#hiddenSince = document.hidden ? performance.now() : 0;
    this.#seen = false;
    this.applyProposals();
    const { item } = this.card;
    afterPaint(() => {
      if (this.card?.item !== item) return;
      this.#painted = true;
      this.#shownAt = performance.now();
      document.dispatchEvent(new CustomEvent("review:painted", { detail: { item, ms: this.#shownAt - since } }));
    });
  }

  #onVisibility() {
    if (document.hidden) this.#hiddenSince = performance.now();
    else if (this.#hiddenSince) {
      this.#hiddenFor += performance.now() - this.#hiddenSince;
      this.#hiddenSince = 0;
    }
  }

  /** Seconds that the item was in sight. */
  get seconds() { return Math.max(0, (performance.now() - this.#shownAt - this.#hiddenFor) / 1000); }

  /** Whether the machine's proposal was in sight at any time. */
  get proposalSeen() { return this.#seen; }

  get #item() { return this.#root.querySelector("#item"); }

  get #inputs() { return [...this.#root.querySelectorAll("#panel input[name=labels]")]; }

  /** The chosen class names, or null when nothing is chosen. "None of the classes" is an empty list. */
  get choice() {
    const checked = this.#inputs.filter((input) => input.checked);
    if (!checked.length) return null;
    return checked.map((input) => input.value).filter(Boolean);
  }

  /** The class names that the machine proposes, while its proposal is in sight; else null. */
  get proposal() {
    if (this.proposalsHidden || !this.#item?.hasAttribute("data-proposal")) return null;
    const names = this.#inputs.filter((input) => input.closest(".proposed")).map((input) => input.value).filter(Boolean);
    return names.length ? names : null;
  }

  /** Whether these class names are what the machine proposes, in sight. */
  agrees(names) {
    const proposed = this.proposal;
    return proposed !== null && proposed.length === names.length && names.every((name) => proposed.includes(name));
  }

  /** Show or hide what the machine says. A choice that it had made for the reviewer goes and comes with it. */
  applyProposals() {
    this.#root.classList.toggle("proposals-hidden", this.proposalsHidden);
    if (!this.proposalsHidden && this.#item?.hasAttribute("data-proposal")) this.#seen = true;
    for (const input of this.#inputs) {
      if (!input.hasAttribute("data-preselected") || this.card?.touched) continue;
      input.checked = !this.proposalsHidden;
    }
  }

  /** Choose exactly these classes. */
  choose(names) {
    this.card.touched = true;
    for (const name of names) this.#rowOf(name);
    for (const input of this.#inputs) input.checked = names.length ? names.includes(input.value) : input.value === "";
  }

  /** Turn one class on or off (several labels allowed). Gives whether it is on now. */
  toggle(name) {
    this.card.touched = true;
    const input = this.#rowOf(name);
    input.checked = !input.checked;
    this.exclude(input);
    return input.checked;
  }

  /** "None of the classes" and the classes exclude each other. */
  exclude(changed) {
    if (this.card) this.card.touched = true;
    if (!changed.checked || changed.type !== "checkbox") return;
    for (const input of this.#inputs) {
      if (input !== changed && (input.value === "") !== (changed.value === "")) input.checked = false;
      if (changed.value === "" && input !== changed) input.checked = false;
    }
  }

  /** The class's input; a class from the long list gets a row first. */
  #rowOf(name) {
    const found = this.#inputs.find((input) => input.value === name);
    if (found) return found;
    const row = this.#rowFor(name);
    this.#root.querySelector("#panel .choices-list").append(row);
    return row.querySelector("input");
  }

  /** Class names of the panel's rows that this digit stands for. */
  nameOfDigit(digit) {
    return this.#inputs.find((input) => input.dataset.digit === digit)?.value ?? null;
  }

  /** The panel's class names, the likeliest first: what the finder starts with. */
  get likely() {
    const rows = this.#inputs.filter((input) => input.value && input.dataset.likely !== undefined);
    return this.proposalsHidden ? [] : rows.map((input) => input.value);
  }

  /** An item of one's own history can be read, not changed, until it is opened for change. */
  set readOnly(on) {
    for (const set of this.#root.querySelectorAll("#panel fieldset")) set.disabled = on;
    this.#root.classList.toggle("read-only", on);
  }
}
