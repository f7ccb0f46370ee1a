/** The keys of "My decisions": J and K walk the rows, Enter opens, E changes, U undoes. */

const rows = [...document.querySelectorAll("[data-row]")];
const here = () => rows.findIndex((row) => row.contains(document.activeElement));

function walk(step) {
  const at = here();
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  if (next >= rows.length) return document.querySelector("a[rel=next]")?.focus();
  rows[Math.max(0, next)]?.querySelector("[data-open]").focus();
}

const press = (name) => rows[here()]?.querySelector(name)?.click();

const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  ArrowDown: () => walk(1),
  ArrowUp: () => walk(-1),
  e: () => press("[data-edit]"),
  u: () => press("[data-undo]"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog, details")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
