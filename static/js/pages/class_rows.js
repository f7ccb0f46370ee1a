/**
 * Classes as rows: a name, a key, a colour and a meaning each. What is sent are still the lines of the field below, which
 * can be pasted into and are all there is without scripts.
 */

const KEY = /^\[([0-9])\]$/;
const COLOR = /^#[0-9a-fA-F]{6}$/;

/** What a line says: its name as written, path and all, and what follows it. */
export function parse(line) {
  const text = ` ${line.trim().split(/\s+/).join(" ")} `;
  const cut = text.indexOf(" | ");
  const words = (cut < 0 ? text : text.slice(0, cut)).trim().split(" ");
  const found = { key: "", color: "", about: cut < 0 ? "" : text.slice(cut + 3).trim() };
  while (words.length > 1) {
    const last = words.at(-1);
    if (KEY.test(last) && !found.key) found.key = last[1];
    else if (COLOR.test(last) && !found.color) found.color = last.toLowerCase();
    else break;
    words.pop();
  }
  return { name: words.join(" "), ...found };
}

/** The line that says it; a key or a colour that was typed behind the name is one there, too. */
export function format({ name, key, color, about }) {
  if (!name.trim()) return "";
  return [name.trim(), key && `[${key}]`, color, about.trim() && `| ${about.trim()}`].filter(Boolean).join(" ");
}

function input(label, attributes) {
  const field = document.createElement("input");
  Object.assign(field, { type: "text", autocomplete: "off" }, attributes);
  field.setAttribute("aria-label", label);
  return field;
}

class Rows {
  constructor(field) {
    this.field = field;
    this.palette = field.dataset.palette.split(" ");
    const { content } = document.querySelector("#class-rows");
    this.element = content.firstElementChild.cloneNode(true);
    this.body = this.element.querySelector("tbody");
    this.element.querySelector("[data-add]").addEventListener("click", () => this.add().focus());
    this.body.addEventListener("input", () => this.write());
    this.body.addEventListener("paste", (event) => this.paste(event));
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("click", (event) => this.remove(event.target.closest("[data-remove]")));
  }

  read() {
    this.body.replaceChildren();
    for (const line of this.field.value.split("\n").filter((one) => one.trim())) this.add(parse(line));
    while (this.body.rows.length < 2) this.add();
  }

  add({ name = "", key = "", color = "", about = "" } = {}, before = null) {
    const number = this.body.rows.length + 1;
    const row = document.createElement("tr");
    const shown = color || this.palette[(number - 1) % this.palette.length];
    const fields = {
      name: input(`Name of class ${number}`, { value: name, maxLength: 1000, spellcheck: false }),
      key: input(`Key of class ${number}`, { value: key, maxLength: 1, inputMode: "numeric", pattern: "[0-9]?" }),
      color: input(`Color of class ${number}`, { type: "color", value: shown }),
      about: input(`Meaning of class ${number}`, { value: about, maxLength: 2000 }),
    };
    fields.color.dataset.given = color;
    fields.color.addEventListener("input", () => (fields.color.dataset.given = fields.color.value));
    for (const [part, field] of Object.entries(fields)) {
      field.dataset.part = part;
      row.insertCell().append(field);
    }
    const gone = document.createElement("button");
    Object.assign(gone, { type: "button", className: "button small quiet", textContent: "Remove" });
    gone.setAttribute("aria-label", `Remove class ${number}`);
    gone.dataset.remove = "";
    row.insertCell().append(gone);
    this.body.insertBefore(row, before);
    return fields.name;
  }

  write() {
    this.field.value = [...this.body.rows].map((row) => format(this.said(row))).filter(Boolean).join("\n");
  }

  said(row) {
    const part = (name) => row.querySelector(`[data-part="${name}"]`);
    return { name: part("name").value, key: part("key").value, color: part("color").dataset.given, about: part("about").value };
  }

  /** Several lines pasted into a name are as many classes. */
  paste(event) {
    const text = event.clipboardData?.getData("text") ?? "";
    if (event.target.dataset.part !== "name" || !text.trim().includes("\n")) return;
    event.preventDefault();
    const row = event.target.closest("tr");
    const next = row.nextElementSibling;
    for (const line of text.split("\n").filter((one) => one.trim())) this.add(parse(line), next);
    if (!event.target.value.trim()) row.remove();
    this.write();
  }

  /** Enter goes to the next row's name, and makes one after the last. */
  press(event) {
    if (event.key !== "Enter" || event.isComposing || !event.target.dataset.part) return;
    event.preventDefault();
    const next = event.target.closest("tr").nextElementSibling;
    (next ? next.querySelector('[data-part="name"]') : this.add()).focus();
  }

  remove(button) {
    if (!button) return;
    const row = button.closest("tr");
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (near?.querySelector('[data-part="name"]') ?? this.add()).focus();
    this.write();
  }
}

/** Rows in place of the field, and a button that shows the one or the other. */
export function showRows(field) {
  const rows = new Rows(field);
  const toggle = rows.element.querySelector("[data-toggle]");
  const parts = [rows.element.querySelector("[data-rows]"), field];
  field.before(rows.element);
  const show = (asText) => {
    [parts[0].hidden, parts[1].hidden] = [asText, !asText];
    toggle.textContent = asText ? "Edit as rows" : "Paste or edit as text";
    if (!asText) rows.read();
  };
  toggle.addEventListener("click", () => show(!parts[0].hidden));
  // An empty required field that is not shown could not be pointed out: the server says what is wrong.
  field.required = false;
  show(false);
}
