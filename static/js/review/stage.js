/**
 * What is on the screen: shows a card, brings its viewer and its editor together, knows when it was really painted.
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
  #task;
  #painted = false;
  #shownAt = 0;
  #hiddenSince = 0;
  #hiddenFor = 0;
  #seen = false;
  /** The card on the screen, or null when nothing waits. */
  card = null;
  /** The value that was decided last on this page. */
  previous = null;

  /** `task`: the dataset's data for editors. */
  constructor(root, { task, proposalsHidden = false }) {
    this.#root = root;
    this.#task = task;
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
    this.#connect();
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

  /** Whether the prediction was visible at any time. */
  get proposalSeen() { return this.#seen; }

  get #item() { return this.#root.querySelector("#item"); }

  /** What shows the item on the screen, and what gives its value; null where nothing waits. */
  get viewer() { return this.#root.querySelector("[data-viewer]"); }

  get editor() { return this.#root.querySelector("[data-editor]"); }

  /** The editor begins, or goes on with an item that comes back. */
  #connect() {
    const { editor, viewer } = this;
    const data = JSON.parse(this.#root.querySelector("#panel [data-editor-data]").textContent);
    editor.connect({ viewer, task: this.#task, data, previous: () => this.previous });
    this.applyProposals();
  }

  /** Show or hide the prediction, and with it a class that was preselected because of it. */
  applyProposals() {
    this.#root.classList.toggle("proposals-hidden", this.proposalsHidden);
    if (!this.proposalsHidden && this.#item?.hasAttribute("data-proposal")) this.#seen = true;
    this.editor.proposals = !this.proposalsHidden;
  }

  /** An item of one's own history can be read, not changed, until it is opened for change. */
  set readOnly(on) {
    this.#root.classList.toggle("read-only", on);
    if (this.editor) this.editor.readOnly = on;
  }
}
