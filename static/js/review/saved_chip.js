/** The chip that says whether everything is saved, and what keeps it from being so. */

/** `outbox`: what is unsent; `count`: function(number) -> what that many entries are called. */
export function drawSavedChip(chip, { size, state }, count = String) {
  const stopped = state === "stopped";
  const offline = state === "waiting" || !navigator.onLine;
  const why = stopped ? "Signed out, " : offline ? "Offline, " : "";
  chip.dataset.state = size === 0 ? "saved" : why ? "trouble" : "sending";
  const text = size === 0 ? "All saved" : `${why}${count(size)} unsaved`;
  // A live region that is written to is read out again, whatever it says.
  if (chip.textContent !== text) chip.textContent = text;
}
