/**
 * What editors of elements (spans of a text, regions of an image) have in common: what the machine gave and what people
 * made of it, undo and redo, which element is chosen, the list, the classes, and the walk from one doubtful element to
 * the next. A kind adds where its elements are and how they are drawn.
 */

import { say } from "../../../shared/live.js";
import { Editor } from "../../editing.js";
import { Merging } from "./merging.js";
import { Model, newId } from "./model.js";
import { Panel } from "./panel.js";
import { Proposal } from "./proposal.js";
import { goOn, step } from "./walk.js";
import { counted } from "./words.js";

// The class for new elements stays from one item of the page to the next.
let lastClass = "";

export class ElementEditor extends Editor {
  /** The id of the element that is chosen, or "". */
  selected = "";
  /** The class that new elements get, or "". */
  current = "";
  readingOnly = false;
  proposalsOn = true;
  #classes = new Map();
  #drawing = 0;

  // --- for the kind -----------------------------------------------------------------------------------------

  /** The name of its list in a value, and what an element is called. */
  get listName() { return ""; }

  get noun() { return ["element", "elements"]; }

  /** The elements in the order in which they are walked. */
  order(elements) { return elements; }

  /** What the list says of an element besides its class. */
  textOf(_element) { return ""; }

  /** Draw elements, selection and draft; called once a frame at most. */
  paint() { /* the kind's */ }

  /** Something is drawn or marked that has no class yet: make it an element. False: there is nothing. */
  finish(_label) { return false; }

  /** What is begun and is no element yet, as a sentence that says how to go on; "" for nothing. */
  get begun() { return ""; }

  /** A control beside the item is about to be used. */
  hold() { /* nothing is lost by it */ }

  /** Further controls for the chosen element. */
  extras(_element) { return []; }

  /** Whether two elements say the same, ids aside: for answers at a dispute. */
  alike(left, right) { return left.label === right.label && this.near(left, right) === 1; }

  /** The overlap of two elements, 0 to 1. */
  near(_left, _right) { return 0; }

  // --- what is there ----------------------------------------------------------------------------------------

  get elements() { return this.model.state.elements; }

  get relations() { return this.model.state.relations; }

  get chosen() { return this.elements.find((one) => one.id === this.selected) ?? null; }

  classOf(name) { return this.#classes.get(name) ?? { name, title: name, color: "#999999", shape: 0 }; }

  partOf(element) { return this.proposal.partOf(element); }

  /** Whether it is unreviewed: as predicted, and not confirmed. */
  isOpen(element) { return this.proposal.has(element) && !this.model.state.sure.has(element.id); }

  isLow(element) { return this.proposal.isLow(element) && this.isOpen(element); }

  begin() {
    this.#classes = new Map(this.task.classes.map((one) => [one.name, one]));
    this.current = lastClass;
    this.proposal = new Proposal(this.data, this.listName);
    this.panel = new Panel(this);
    this.model = new Model(this.#base());
    if (this.data.offered?.length > 1) this.merging = new Merging(this, this.querySelector("[data-merging]"));
    if (this.data.value) this.model.state = { ...this.model.state, ...this.#read(this.data.value), touched: true };
  }

  #read(value, sure = []) {
    const elements = value[this.listName].map((one) => this.proposal.own(one));
    return { elements, relations: value.relations ?? [], sure: new Set(sure) };
  }

  attach() { this.draw(); }

  /** What is there before anybody does anything. */
  #base() {
    const shown = this.proposalsOn && !this.data.offered?.length ? this.proposal : { elements: [], relations: [] };
    return { elements: shown.elements, relations: shown.relations, sure: new Set(), touched: false };
  }

  set proposals(on) {
    if (this.proposalsOn === on) return;
    this.proposalsOn = on;
    if (!this.model.state.touched) { this.model = new Model(this.#base()); this.selected = ""; }
    this.draw();
  }

  set readOnly(on) {
    this.readingOnly = on;
    this.draw();
  }

  // --- the value --------------------------------------------------------------------------------------------

  get value() { return this.model.state.touched && !this.merging?.open ? this.content(this.model.state) : null; }

  /** A state as a value. */
  content({ elements }) { return { [this.listName]: elements }; }

  /** What is begun is not dropped without a word. */
  answer(event) { return this.begun ? null : super.answer(event); }

  takeProposal() {
    if (this.model.state.touched || this.merging || !this.proposalsOn || !this.proposal.there) return false;
    this.model.change({});
    return true;
  }

  get nothing() {
    if (this.begun) return this.begun;
    if (this.merging?.open) return this.merging.nothing;
    return "Nothing is marked. Mark something, or press N for none.";
  }

  get agrees() {
    const { state } = this.model;
    return state.touched && this.proposalsOn && this.proposal.there && this.proposal.is(state);
  }

  says(value) {
    return counted(value[this.listName], (name) => this.classOf(name).title) || `No ${this.noun[1]}`;
  }

  state() {
    const { touched, sure } = this.model.state;
    return touched ? { value: this.content(this.model.state), sure: [...sure] } : null;
  }

  restore({ value, sure }) {
    this.edit(this.#read(value, sure));
    this.merging?.settle();
  }

  /** One edit: the parts of the state that change. */
  edit(parts, options) {
    this.model.change(parts, options);
    this.#settled();
  }

  #settled() {
    if (!this.chosen) this.selected = "";
    this.changed();
    this.draw();
  }

  /** Put another in the place of an element; what a person has changed is right. */
  replace(element, parts, options) {
    const next = Object.freeze({ ...element, ...parts });
    this.edit({ elements: this.order(this.elements.map((one) => (one === element ? next : one))) }, options);
    return next;
  }

  /** Add an element with a new id, and select it. */
  add(parts) {
    const taken = new Set([...this.elements, ...this.relations].map(({ id }) => id));
    const element = Object.freeze({ id: newId(taken), attributes: {}, ...parts });
    this.selected = element.id;
    this.edit({ elements: this.order([...this.elements, element]) });
    say(`${this.nameOf(element)} added.`);
    return element;
  }

  remove(element = this.chosen) {
    if (!element) return false;
    const relations = this.relations.filter(({ from, to }) => from !== element.id && to !== element.id);
    this.selected = "";
    this.edit({ elements: this.elements.filter((one) => one !== element), relations });
    say(`${this.nameOf(element)} deleted.`);
    return true;
  }

  relabel(element, label) {
    if (element.label === label) return;
    this.replace(element, { label, attributes: this.panel.kept(element.attributes, label) });
    say(`${this.classOf(label).title}.`);
  }

  /** An attribute of the chosen element; "" takes it away. */
  attribute(name, text) {
    const element = this.chosen;
    if (!element) return;
    const { [name]: _before, ...others } = element.attributes;
    this.replace(element, { attributes: text ? { ...others, [name]: text } : others });
  }

  digit(digit, event) {
    const one = this.task.classes.find(({ key }) => key === digit);
    if (one) this.pick(one.name, event);
    return Boolean(one);
  }

  /** A class was picked: for what is being drawn, for what is chosen, else for what comes next. */
  pick(name, _event) {
    if (this.readingOnly || this.finish(name)) return;
    if (this.chosen) this.relabel(this.chosen, name);
    else {
      this.current = this.current === name ? "" : name;
      lastClass = this.current;
      say(this.current ? `${this.classOf(name).title} for new ones.` : "No class for new ones.");
      this.draw();
    }
  }

  none(event) {
    if (this.begun) { this.hint(this.begun); return; }
    if (this.elements.length) { this.hint(`There are ${this.elements.length} ${this.noun[1]}. Delete them first or accept.`); return; }
    this.model.change({});
    this.decides(event);
  }

  get likely() { return [...new Set([this.chosen?.label, this.current].filter(Boolean))]; }

  // --- choosing, walking ------------------------------------------------------------------------------------

  nameOf(element) { return [this.classOf(element.label).title, this.textOf(element)].filter(Boolean).join(", "); }

  /** Choose an element, or none. `shows`: bring it into sight. */
  select(id, { shows = false } = {}) {
    this.selected = id;
    const element = this.chosen;
    if (element) {
      if (shows) this.viewer.show(this.placeOf(element));
      const place = `${this.elements.indexOf(element) + 1} of ${this.elements.length}`;
      say(`${this.nameOf(element)}${this.isLow(element) ? ", unsure" : ""}, ${place}.`);
    }
    this.draw();
  }

  /** What the viewer is asked to show. */
  placeOf(element) { return element; }

  /** The next element (1) or the one before (-1); false at the ends, where Tab leaves the item. */
  step(by) { return step(this, by); }

  /** Confirm the selected element and move to the next unreviewed one, those below their threshold first. */
  right() { goOn(this); }

  /** Whether keys go to the item, and not to a control beside it. */
  get onContent() {
    const { activeElement } = document;
    return activeElement === document.body || Boolean(activeElement?.closest("#item"));
  }

  get actions() {
    return {
      next: () => this.step(1),
      previous: () => this.step(-1),
      right: () => this.right(),
      delete: () => this.remove(),
      nothing: (event) => this.none(event),
      undo_edit: () => this.#back("undo"),
      redo_edit: () => this.#back("redo"),
      attributes: () => this.panel.describe(this.chosen),
      leave: () => (this.selected ? this.select("") : false),
      ...(this.merging?.actions ?? {}),
    };
  }

  #back(step) {
    if (!this.model[step]()) { this.hint(`Nothing to ${step} in this item.`); return; }
    this.#settled();
    say(step === "undo" ? "Undone." : "Redone.");
  }

  /** Redraw in the next frame. */
  draw() {
    if (this.#drawing) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = 0;
      if (!this.isConnected) return;
      this.paint();
      this.panel.draw();
      this.merging?.draw();
    });
  }
}
