/**
 * "Decisions not saved": decisions that the server refused, with the reviewer's choice and words kept.
 * They stay, over reloads too, until the reviewer looks again or lets them go.
 */

export class Lost {
  #key;
  #chip;
  #dialog;
  #list;
  #onLook;
  #itemUrl;

  /** `onLook`: async function(entry) that gives an error text, or "" when the item is on the screen. */
  constructor({ user, dataset, chip, dialog, onLook }) {
    this.#key = `countersign:lost:${user}:${dataset}`;
    this.#chip = chip;
    this.#dialog = dialog;
    this.#list = dialog.querySelector("ul");
    this.#itemUrl = dialog.dataset.itemUrl ?? "";
    this.#onLook = onLook;
    chip.addEventListener("click", () => { this.#draw(); dialog.showModal(); });
    addEventListener("storage", (event) => { if (event.key === this.#key) this.#draw(); });
    this.#draw();
  }

  get entries() {
    try { return JSON.parse(localStorage.getItem(this.#key) ?? "[]"); } catch { return this.memory ?? []; }
  }

  set entries(list) {
    this.memory = list;
    try { localStorage.setItem(this.#key, JSON.stringify(list)); } catch { /* kept for this page */ }
    this.#draw();
  }

  /** Keep a refused entry; an item has one place in the list. */
  add({ entry, message }) {
    const note = { ...entry.note, value: entry.body.value ?? null, item: String(entry.body.item ?? entry.note.item), message };
    this.entries = [...this.entries.filter((other) => other.item !== note.item), note];
  }

  remove(item) { this.entries = this.entries.filter((other) => other.item !== String(item)); }

  #draw() {
    const { entries } = this;
    this.#chip.hidden = entries.length === 0;
    this.#chip.textContent = entries.length === 1 ? "1 not saved" : `${entries.length} not saved`;
    this.#list.replaceChildren(...entries.map((entry) => this.#row(entry)));
    if (!entries.length && this.#dialog.open) this.#dialog.close();
  }

  #row(entry) {
    const row = document.createElement("li");
    const title = document.createElement("strong");
    title.textContent = entry.title ?? `Item ${entry.item}`;
    const mine = document.createElement("p");
    mine.textContent = `Your decision: ${entry.said}${entry.reason ? ` (“${entry.reason}”)` : ""}`;
    const why = document.createElement("p");
    why.className = "mute";
    why.textContent = entry.message;
    const buttons = document.createElement("div");
    buttons.className = "row";
    buttons.append(
      this.#button("Review again", "primary", async () => { why.textContent = (await this.#onLook(entry)) || entry.message; }),
      this.#button("Dismiss", "quiet", () => this.remove(entry.item)),
    );
    if (this.#itemUrl) {
      const link = document.createElement("a");
      link.href = this.#itemUrl.replace("/0/", `/${entry.item}/`);
      link.textContent = "Open item";
      link.target = "_blank";
      buttons.append(link);
    }
    row.append(title, mine, why, buttons);
    return row;
  }

  #button(text, look, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `button small ${look}`;
    button.textContent = text;
    button.addEventListener("click", run);
    return button;
  }
}
