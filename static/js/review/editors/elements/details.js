/** The selected element: its class, its confidence and its other properties. */

export class Details {
  #root;
  #onSay;
  #declared;
  #shown = "";

  /** `declared`: the task's attributes, name -> {values, labels}; `onSay`: function(name, text). */
  constructor(root, { declared, onSay }) {
    this.#root = root;
    this.#declared = Object.entries(declared ?? {});
    this.#onSay = onSay;
    root.addEventListener("change", ({ target }) => { if (target.dataset.attribute) this.#onSay(target.dataset.attribute, target.value.trim()); });
    // Enter and Escape leave a field: the next key is for the item again.
    root.addEventListener("keydown", (event) => {
      if (!event.target.dataset.attribute || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.target.blur();
      document.getElementById("item")?.focus({ preventScroll: true });
    });
  }

  /** Whether elements of the class can have attributes. */
  has(label) { return this.#of(label).length > 0; }

  /** What of these attributes elements of the class can have. */
  kept(attributes, label) {
    const names = this.#of(label).map(([name]) => name);
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
  }

  #of(label) { return this.#declared.filter(([, { labels }]) => !labels || labels.includes(label)); }

  /** `element` null: nothing is chosen. `head`: what is shown above the fields; `extra`: further controls of the kind. */
  show(element, { head = "", extra = [] } = {}) {
    this.#root.hidden = !element;
    const key = element ? JSON.stringify([element.id, element.label, element.attributes, head, extra.map((one) => one.textContent + one.dataset?.on)]) : "";
    if (key === this.#shown) return;
    this.#shown = key;
    if (!element) { this.#root.replaceChildren(); return; }
    const title = document.createElement("p");
    title.className = "details-head";
    title.textContent = head;
    const focused = this.#root.contains(document.activeElement) ? document.activeElement.dataset.attribute : "";
    this.#root.replaceChildren(title, ...this.#of(element.label).map(([name, one]) => this.#field(name, one, element)), ...extra);
    if (focused) this.#root.querySelector(`[data-attribute="${CSS.escape(focused)}"]`)?.focus();
  }

  /** The first field has the focus. */
  focus() { this.#root.querySelector("[data-attribute]")?.focus(); }

  #field(name, { values }, element) {
    const label = document.createElement("label");
    label.className = "attribute";
    const title = document.createElement("span");
    title.textContent = name;
    const field = document.createElement(values ? "select" : "input");
    field.dataset.attribute = name;
    if (values) field.append(...["", ...values].map((value) => new Option(value || "–", value)));
    else { field.maxLength = 1000; field.autocomplete = "off"; }
    field.value = element.attributes[name] ?? "";
    label.append(title, field);
    return label;
  }
}
