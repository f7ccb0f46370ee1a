/** The predicted elements of an item. An unchanged element is the same object as the one here. */

export class Proposal {
  #elements;
  #parts;
  #low;

  /** `data`: what the page says of the item; `list`: the name of the elements in a value. */
  constructor({ proposal, parts, low }, list) {
    const elements = proposal?.[list] ?? [];
    this.there = Boolean(proposal);
    this.relations = proposal?.relations ?? [];
    this.#elements = new Map(elements.map((one) => [one.id, Object.freeze(one)]));
    this.#parts = new Map(elements.map((one, index) => [one.id, parts?.[index] ?? null]));
    this.#low = new Set(low);
  }

  get elements() { return [...this.#elements.values()]; }

  get size() { return this.#elements.size; }

  /** Whether the element is unchanged from the prediction. */
  has(element) { return this.#elements.get(element.id) === element; }

  /** Its predicted confidence; null: unknown, or the element was changed. */
  partOf(element) { return this.has(element) ? this.#parts.get(element.id) : null; }

  isLow(element) { return this.#low.has(element.id); }

  /** The predicted object, if the element equals it; else the element. */
  own(element) {
    const given = this.#elements.get(element.id);
    return given && same(given, element) ? given : Object.freeze(element);
  }

  /** Whether this is all of it, and nothing else. */
  is({ elements, relations }) {
    return elements.length === this.size && elements.every((one) => this.has(one)) && same(relations, this.relations);
  }
}

function same(left, right) { return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right)); }

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
