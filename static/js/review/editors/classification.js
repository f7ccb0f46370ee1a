/**
 * Classes of a whole item: radio buttons for one, check boxes for several. The rows are the page's own and work
 * without scripts; a class from a long list gets a row when it is found.
 */

import { ClassBox } from "../class_box.js";
import { Editor } from "../editing.js";
import { swatch } from "../swatch.js";
import { say } from "../../shared/live.js";
import { setName } from "../../shared/names.js";

// The list of many classes is one for the page, and moves to the item that is shown: so it is made once.
let list = null;

/** The list and its element: `editor` is whichever has it now. */
function sharedList(classes) {
  if (list) return list;
  const root = document.getElementById("class-list");
  list = { root, editor: null };
  list.box = new ClassBox({
    root,
    classes,
    steady: true,
    onPick: (name, event) => list.editor.picks(name, event),
    onLeave: () => document.getElementById("item")?.focus({ preventScroll: true }),
  });
  return list;
}

class ClassificationEditor extends Editor {
  #touched = false;
  #shown = true;
  #classes = new Map();

  begin() {
    this.#classes = new Map(this.task.classes.map((one) => [one.name, one]));
    this.addEventListener("change", ({ target }) => { if (target.name === "labels") this.#exclude(target); });
    if (!this.#several) this.addEventListener("click", (event) => this.#onClick(event));
  }

  /** A long list of classes is below the most likely ones, whatever is predicted for the item. */
  attach() {
    const place = this.querySelector("[data-class-list]");
    if (!place) return;
    const shared = sharedList(this.task.classes);
    shared.editor = this;
    place.append(shared.root);
    shared.root.hidden = false;
    shared.box.reset(() => this.likely);
  }

  find() {
    if (!list || list.editor !== this) return false;
    list.root.scrollIntoView({ block: "nearest" });
    list.box.focus();
    return true;
  }

  get picksDecide() { return !this.#several; }

  /** Pointing at a class decides, as its digit does; keys that move among the radio buttons only choose. */
  #onClick(event) {
    const input = event.target.closest(".choice")?.querySelector("input");
    if (!input || input.disabled || (event.target === input && event.detail === 0)) return;
    event.preventDefault();
    // The second click of a double one may already fall on the next item.
    if (event.detail <= 1) this.picks(input.value, event);
  }

  get #several() { return this.task.settings.multi_label; }

  get #inputs() { return [...this.querySelectorAll("input[name=labels]")]; }

  /** A preselected class is hidden and shown together with the prediction. */
  set proposals(on) {
    this.#shown = on;
    if (this.#touched) return;
    for (const input of this.#inputs) if (input.hasAttribute("data-preselected")) input.checked = on;
  }

  /** "None of the classes" is an empty list. */
  get value() {
    const checked = this.#inputs.filter((input) => input.checked);
    return checked.length ? { labels: checked.map((input) => input.value).filter(Boolean) } : null;
  }

  /** The predicted class names while the prediction is visible; else null. */
  get #proposed() {
    const labels = this.#shown ? this.data.proposal?.labels : null;
    return labels?.length ? labels : null;
  }

  takeProposal() {
    const names = this.#proposed;
    if (names) this.#choose(names);
    return names !== null;
  }

  /**
   * Under the threshold nothing is chosen beforehand, and accepting takes the proposal on the screen. Where several
   * classes can be given, Enter submits the selection and never falls back to the prediction.
   */
  answer(event) {
    if (this.#several && event?.key === "Enter") return this.value;
    return super.answer(event);
  }

  get nothing() {
    return this.#several
      ? "Nothing is selected. Press the classes' digits, / to find one, or N for none."
      : "Nothing is selected. Press a class's digit, or / to find one.";
  }

  get agrees() {
    const proposed = this.#proposed;
    const labels = this.value?.labels;
    return Boolean(proposed && labels && proposed.length === labels.length && labels.every((name) => proposed.includes(name)));
  }

  says(value) { return value.labels.map((name) => this.#titleOf(name)).join(", ") || "None of the classes"; }

  set readOnly(on) { for (const set of this.querySelectorAll("fieldset")) set.disabled = on; }

  restore({ value }) { if (value.labels.length || this.#several) this.#choose(value.labels); }

  digit(digit, event) {
    const input = this.#inputs.find((one) => one.dataset.digit === digit);
    if (!input) return false;
    this.pick(input.value, event);
    return true;
  }

  /** A class was picked: in a single-label dataset that decides. */
  pick(name, event) {
    if (this.#several) {
      say(`${this.#titleOf(name)} ${this.#toggle(name) ? "on" : "off"}.`);
      if (list?.editor === this && list.box.text) { list.box.reset(); document.getElementById("item")?.focus({ preventScroll: true }); }
    } else {
      this.#choose([name]);
      this.decides(event);
    }
  }

  none() { if (this.#several) this.#toggle(""); }

  /** The panel's class names, the likeliest first. */
  get likely() {
    const rows = this.#inputs.filter((input) => input.value && input.dataset.likely !== undefined);
    return this.#shown ? rows.map((input) => input.value) : [];
  }

  #titleOf(name) { return this.#classes.get(name)?.title ?? name; }

  /** Choose exactly these classes. */
  #choose(names) {
    this.#touched = true;
    for (const name of names) this.#rowOf(name);
    for (const input of this.#inputs) input.checked = names.length ? names.includes(input.value) : input.value === "";
  }

  /** Turn one class on or off (several labels allowed). Gives whether it is on now. */
  #toggle(name) {
    const input = this.#rowOf(name);
    input.checked = !input.checked;
    this.#exclude(input);
    return input.checked;
  }

  /** "None of the classes" and the classes exclude each other. */
  #exclude(changed) {
    this.#touched = true;
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
    const row = this.#newRow(name);
    this.querySelector(".choices-list").append(row);
    return row.querySelector("input");
  }

  #newRow(name) {
    const shown = this.#classes.get(name) ?? { title: name, path: "", color: "#999999", shape: 0 };
    const row = document.importNode(document.getElementById("choice-row").content, true).firstElementChild;
    const input = row.querySelector("input");
    input.type = this.#several ? "checkbox" : "radio";
    input.value = name;
    setName(row.querySelector(".choice-name"), shown.title);
    setName(row.querySelector(".choice-path"), shown.path);
    row.querySelector(".choice-title").before(swatch(shown));
    return row;
  }
}

customElements.define("classification-editor", ClassificationEditor);
