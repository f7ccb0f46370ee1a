/**
 * Progress, shown to the reviewer alone: what is left in the queue, what was done in this browser session, items an hour and
 * about how long is left. Nothing of it leaves the browser.
 */

const REMEMBERED = 50;
// Fewer decisions than this say nothing about an hour.
const LEAST_FOR_PACE = 10;
// A longer pause is a break, not work.
const LONGEST = 180;
// After more accepts in a row than this, each in under half the usual time, an item comes without a proposal.
const MOST_RUSHED = 30;

/** Items an hour, from what the last ones took in seconds. */
export function hourlyOf(seconds) {
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  return Math.max(1, Math.round(3600 / Math.max(0.1, mean)));
}

/** 5,400 seconds -> "about 1 h 30 min". */
export function roughly(seconds) {
  if (seconds < 90) return "about a minute";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = Math.round((minutes % 60) / 5) * 5;
  if (hours >= 20) return `about ${hours} h`;
  return rest && rest < 60 ? `about ${hours} h ${rest} min` : `about ${hours + (rest === 60 ? 1 : 0)} h`;
}

export class Pace {
  #root;
  #key;
  #waiting;
  #mine;
  #seconds = [];
  #last = performance.now();
  #typical;
  #rushed = 0;
  #format = new Intl.NumberFormat(document.documentElement.lang || "en");

  /** `root` holds elements with data-figure="waiting|eta|mine|hourly"; `typical`: seconds that a label usually takes. */
  constructor({ root, waiting, mine, dataset, typical }) {
    this.#root = root;
    this.#typical = Number(typical) || 0;
    this.#waiting = waiting;
    this.#mine = mine;
    this.#key = `countersign:pace:${dataset}`;
    try { this.#seconds = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]"); } catch { /* start afresh */ }
    this.#draw();
  }

  /** A decision was made; `closes`: the item needs nobody any more. */
  decided({ closes }) {
    const now = performance.now();
    this.#seconds = [...this.#seconds, Math.min(LONGEST, (now - this.#last) / 1000)].slice(-REMEMBERED);
    this.#last = now;
    if (closes) { this.#waiting = Math.max(0, this.#waiting - 1); this.#mine += 1; }
    try { sessionStorage.setItem(this.#key, JSON.stringify(this.#seconds)); } catch { /* kept for this page */ }
    this.#draw();
  }

  /**
   * Whether predictions were accepted so fast for so long that an item without its prediction is due.
   * `agreed`: the decision took the proposal that was in sight; `seconds`: how long the item was.
   */
  rushes({ agreed, seconds }) {
    this.#rushed = agreed && seconds < this.#typical / 2 ? this.#rushed + 1 : 0;
    if (this.#rushed <= MOST_RUSHED) return false;
    this.#rushed = 0;
    return true;
  }

  /** A decision was taken back. */
  undone({ closed }) {
    this.#last = performance.now();
    if (closed) { this.#waiting += 1; this.#mine = Math.max(0, this.#mine - 1); }
    this.#draw();
  }

  /** The server's own counts; `unsent`: decisions that it does not know of yet. */
  correct({ waiting, mine, typical, unsent }) {
    this.#typical = Number(typical) || this.#typical;
    this.#waiting = Math.max(0, Number(waiting) - unsent);
    this.#mine = Number(mine) + unsent;
    this.#draw();
  }

  #draw() {
    // The time left follows from the pace that is shown.
    const hourly = this.#seconds.length >= LEAST_FOR_PACE ? hourlyOf(this.#seconds) : 0;
    this.#set("waiting", this.#format.format(this.#waiting));
    this.#set("mine", this.#format.format(this.#mine));
    this.#set("eta", hourly && this.#waiting ? roughly((this.#waiting / hourly) * 3600) : "");
    this.#set("hourly", hourly ? `${this.#format.format(hourly)}/h` : "");
    const bar = this.#root.querySelector("progress");
    if (bar) bar.value = Math.max(0, bar.max - this.#waiting - Number(bar.dataset.pending));
  }

  #set(name, text) {
    for (const element of this.#root.querySelectorAll(`[data-figure=${name}]`)) {
      if (element.textContent !== text) element.textContent = text;
    }
  }
}
