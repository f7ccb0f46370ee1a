/**
 * Which classes fit what was typed, over name, title, aliases and path. Classes that the machine thinks possible come
 * first, as it has them, while it may be seen; then those used last; then the better fit.
 */

/** "Zürich Card_arrival" -> "zurich card arrival". */
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[_\-/›>.:]+/g, " ").toLowerCase();
}

/** Whether the letters are beginnings of the words, in order: "cpf" or "capafe" of "card payment fee". */
function abbreviates(letters, words) {
  const fits = (from, index) => {
    if (from === letters.length) return true;
    for (let word = index; word < words.length; word += 1) {
      for (let size = Math.min(words[word].length, letters.length - from); size > 0; size -= 1) {
        if (words[word].startsWith(letters.slice(from, from + size)) && fits(from + size, word + 1)) return true;
      }
    }
    return false;
  };
  return fits(0, 0);
}

/** Whether the letters stand in the text in this order, whatever is between them. */
function scattered(letters, text) {
  let from = 0;
  for (const letter of letters) {
    from = text.indexOf(letter, from) + 1;
    if (!from) return false;
  }
  return true;
}

/** How well a class fits the words: smaller is better, -1 is not at all. */
function fit(entry, words, whole) {
  const begins = (text) => words.every((word) => ` ${text}`.includes(` ${word}`));
  if (entry.names.includes(whole)) return 0;
  if (entry.names.some((name) => name.startsWith(whole))) return 1;
  if (entry.names.some(begins)) return 2;
  if (begins(entry.hay)) return 3;
  if (words.every((word) => entry.hay.includes(word))) return 4;
  const letters = words.join("");
  if (letters.length < 2 || letters.length > 12) return -1;
  if (entry.names.some((name) => abbreviates(letters, name.split(" ")))) return 5;
  return letters.length > 3 && entry.names.some((name) => scattered(letters, name)) ? 6 : -1;
}

export class Matching {
  #entries;
  #recent = [];

  /** `classes`: as the server lists them. */
  constructor(classes) {
    this.#entries = classes.map((one) => {
      const names = [one.name, one.title, ...one.aliases].map(folded);
      return { ...one, names, hay: `${names.join(" ")} ${folded(one.path)}` };
    });
  }

  /** All classes, in their own order. */
  get all() { return this.#entries; }

  /** Somebody has used the class. */
  used(name) { this.#recent = [name, ...this.#recent.filter((one) => one !== name)].slice(0, 8); }

  /** Classes that match the text, the best first; `likely`: class names in predicted order. */
  find(text, likely) {
    const whole = folded(text).trim();
    const words = whole.split(/\s+/).filter(Boolean);
    if (!words.length) return this.#unasked(likely);
    const place = (names, name) => (names.includes(name) ? names.indexOf(name) : names.length);
    return this.#entries
      .map((entry, position) => ({ entry, position, rank: fit(entry, words, whole) }))
      .filter(({ rank }) => rank >= 0)
      .map((one) => ({
        ...one,
        // What was typed in full, or in letters that only lie about, is not outdone by a guess.
        band: one.rank === 0 ? 0 : one.rank < 5 ? 1 : one.rank,
        likely: place(likely, one.entry.name),
        recent: one.rank < 5 ? place(this.#recent, one.entry.name) : 0,
      }))
      .sort((left, right) => left.band - right.band || left.likely - right.likely || left.recent - right.recent
        || left.rank - right.rank || left.position - right.position)
      .map(({ entry }) => entry);
  }

  #unasked(likely) {
    const names = [...new Set([...likely, ...this.#recent])];
    const top = names.map((name) => this.#entries.find((entry) => entry.name === name)).filter(Boolean);
    return [...top, ...this.#entries.filter((entry) => !names.includes(entry.name))];
  }
}
