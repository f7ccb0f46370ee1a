/**
 * Announcements for screen readers: one polite and one assertive region, both in _live.html and never swapped.
 * A burst collapses to its last sentence, so a fast reviewer hears the current item and not the last ten.
 */

const WAIT = 60;
// How long a hint is shown.
const HINT = 5_000;
const timers = new Map();

function write(id, text) {
  clearTimeout(timers.get(id));
  const region = document.getElementById(id);
  if (!region) return;
  timers.set(id, setTimeout(() => { region.textContent = text; }, WAIT));
}

/** Say a short sentence when the reader is idle. */
export function say(text) { write("live-polite", text); }

/** Say it at once: something went wrong or needs a person. */
export function alert(text) { write("live-assertive", text); }

/** Show one short line for eyes and ears, for a while. */
export function hint(line, text) {
  line.textContent = text;
  alert(text);
  clearTimeout(timers.get(line));
  timers.set(line, setTimeout(() => { line.textContent = ""; }, HINT));
}
