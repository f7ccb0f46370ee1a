/** Asks for confirmation before the page is closed, or the user signs out, with unsent decisions. */

/** `outbox`: what is unsent. */
export function warnBeforeLeaving(outbox) {
  addEventListener("beforeunload", (event) => { if (outbox.size) event.preventDefault(); });
  document.addEventListener("submit", (event) => {
    const leaving = event.target.matches("[data-sign-out]") && outbox.size > 0;
    if (leaving && !confirm(`${outbox.size} decisions are not saved yet. Sign out anyway?`)) event.preventDefault();
  });
}
