/**
 * A notice on any page when a job of the user has finished. One request per page, and more only while a job is running,
 * with increasing pauses; none while the page is hidden, offline or signed out.
 */

import { getJson, Unreachable } from "./http.js";

const FIRST_MS = 3_000, LONGEST_MS = 30_000, GROWTH = 1.4;
const TROUBLE_MS = 15_000, MOST_TROUBLE_MS = 300_000;
// How long a notice is shown, unless the pointer or the focus is on it.
const STANDS_MS = 20_000;
const REMEMBERED = 200;

class JobNotices {
  #box;
  #key;
  #wait = FIRST_MS;
  #trouble = TROUBLE_MS;
  #going = 0;
  #timer = 0;

  constructor(box) {
    this.#box = box;
    this.#key = `countersign:job-notices:${box.dataset.user}`;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#soon(0); });
    this.#soon(0);
  }

  #soon(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), wait);
  }

  async #ask() {
    if (document.hidden) return;
    const { since } = this.#memory();
    try {
      const { status, body } = await getJson(`${this.#box.dataset.url}?${new URLSearchParams({ since })}`);
      if (status === 401 || status === 403) return;
      if (status !== 200) throw new Unreachable(String(status));
      this.#trouble = TROUBLE_MS;
      this.#take(body);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#soon(this.#trouble);
      this.#trouble = Math.min(this.#trouble * 2, MOST_TROUBLE_MS);
    }
  }

  #take({ now, going, ended }) {
    const { seen } = this.#memory();
    const news = ended.filter(({ id }) => !seen.includes(id));
    this.#remember(now, [...seen, ...news.map(({ id }) => id)].slice(-REMEMBERED));
    // The job's own page shows it already.
    for (const one of news) if (one.url !== location.pathname) this.#show(one);
    this.#wait = news.length || going !== this.#going ? FIRST_MS : Math.min(this.#wait * GROWTH, LONGEST_MS);
    this.#going = going;
    if (going) this.#soon(this.#wait);
  }

  #show({ text, url, ok }) {
    const line = document.createElement("p");
    line.className = `notice ${ok ? "ok" : "bad"}`;
    const link = document.createElement("a");
    link.href = url;
    link.textContent = `${text}.`;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button small quiet";
    close.textContent = "Dismiss";
    close.setAttribute("aria-label", `Dismiss: ${text}`);
    close.addEventListener("click", () => line.remove());
    line.append(link, close);
    this.#box.append(line);
    const go = () => { if (line.matches(":hover, :focus-within")) setTimeout(go, STANDS_MS); else line.remove(); };
    setTimeout(go, STANDS_MS);
  }

  /** Shared by all tabs, so that nothing is shown twice. */
  #memory() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "{}");
      return { since: String(kept.since ?? ""), seen: Array.isArray(kept.seen) ? kept.seen : [] };
    } catch {
      return { since: "", seen: [] };
    }
  }

  #remember(since, seen) {
    try { localStorage.setItem(this.#key, JSON.stringify({ since, seen })); } catch { /* storage is switched off */ }
  }
}

/** Start on pages with a signed-in user. */
export function watchJobs() {
  const box = document.getElementById("job-notices");
  if (box) new JobNotices(box);
}
