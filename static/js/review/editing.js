/**
 * How people give a value. The review screen knows an editor by these names alone: each editor is a custom element in
 * a bundle of its own, named by the task kind, and extends this class or offers the same.
 *
 * In the page: `<spans-editor data-editor>…</spans-editor>`, in the panel beside the item, which has the data as well.
 *
 * It notifies the screen by events that bubble: "editor:change" (what is chosen changed), "editor:decide" (detail: {event};
 * the choice is a complete answer), "editor:pick" (detail: {name, event}; a class was clicked) and "editor:hint" (detail: {text}; one line for eyes and ears).
 */

export class Editor extends HTMLElement {
  task = null;
  data = null;
  viewer = null;

  /**
   * Begin, or go on after the item was away from the screen: what was chosen stays.
   *
   * `viewer`: what shows the item. `task`: {kind, settings, classes: [{name, title, path, color, shape, key}]}, one for
   * the page. `data`: {value, proposal, parts, low, offered, extent}: what is chosen beforehand, what the machine says
   * and how sure it is of each element, ids of elements under their threshold, and the answers at a dispute.
   * `previous`: function() that gives the value decided last on this page, or null.
   */
  connect({ viewer, task, data, previous = () => null }) {
    const first = this.data === null;
    Object.assign(this, { viewer, task, data, previous });
    if (first) this.begin();
    this.attach();
  }

  /** Once an item: take over what the page says of it. */
  begin() { /* for the kind */ }

  /** Each time that the item comes onto the screen: draw. */
  attach() { /* for the kind */ }

  /** Whether the prediction is visible. Set before the item is painted, and whenever the reviewer toggles it. */
  set proposals(_on) { /* for the kind */ }

  /** The value that the reviewer has chosen or made; null: nothing is chosen yet. */
  get value() { return null; }

  /** Choose the prediction, if it is visible. Gives whether there was one. */
  takeProposal() { return false; }

  /** The value that Accept means: what is chosen, else the proposal. null: there is nothing; `nothing` says what to do. */
  answer(_event) { return this.value ?? (this.takeProposal() ? this.value : null); }

  /** What to do where nothing is chosen, in a sentence. */
  get nothing() { return "Nothing is selected."; }

  /** Whether the choice equals the visible prediction. */
  get agrees() { return false; }

  /** A value of this task in a few words. */
  says(_value) { return ""; }

  /** An item of one's own history can be read, not changed. */
  set readOnly(_on) { /* for the kind */ }

  /** What is needed to go on later, as JSON, with `value` in it; null: not worth keeping. */
  state() { return null; }

  /** Go on from `state()`, or from {value} alone. */
  restore(_state) { /* for the kind */ }

  /** A digit ("1" to "0", "+" in front with Shift). False: it means nothing here. */
  digit(_digit, _event) { return false; }

  /** A class was found by typing, or pointed at. */
  pick(_name, _event) { /* for the kind */ }

  /** Search the classes in a list of the editor's own. False: it has none, and the screen's finder opens. */
  find() { return false; }

  /** Whether a picked class is a complete answer. */
  get picksDecide() { return false; }

  /** "None of the classes", "nothing is there". */
  none(_event) { /* for the kind */ }

  /** Names of the classes that the finder lists first. */
  get likely() { return []; }

  /** What the kind's keys do: name -> function(event). False: it has nothing to do now, and the key keeps its meaning. */
  get actions() { return {}; }

  changed() { this.#tell("editor:change"); }

  decides(event) { this.#tell("editor:decide", { event }); }

  picks(name, event) { this.#tell("editor:pick", { name, event }); }

  hint(text) { this.#tell("editor:hint", { text }); }

  #tell(name, detail = {}) { this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail })); }
}
