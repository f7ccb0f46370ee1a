/** The cells of the grid as elements: how many stand side by side, what is marked, what the marks say. */

import { swatch } from "../review/swatch.js";
import { uuid } from "../shared/http.js";

/** How many cells stand in the first row. */
export function columnsOf(cells) {
  const top = cells[0]?.offsetTop;
  const second = cells.findIndex((cell) => cell.offsetTop !== top);
  return second === -1 ? cells.length : second;
}

/** Whether the cell is marked: as wrong, or with another class. */
export function isMarked(cell) { return cell.getAttribute("aria-selected") === "true"; }

/** Whether the cell is marked as wrong without saying what is right. */
export function isWrong(cell) { return isMarked(cell) && !cell.dataset.label; }

/** Mark the cell: `wrong`, or with the class `shown` (as the server lists classes), or, with neither, as right. */
export function markCell(cell, { wrong = false, shown = null }) {
  cell.setAttribute("aria-selected", String(wrong || Boolean(shown)));
  cell.dataset.label = shown?.name ?? "";
  cell.querySelector(".cell-mark").replaceChildren(...(shown ? [swatch(shown), shown.title] : [wrong ? "Wrong" : ""]));
}

/** The cell as a card's node, so that it can be shown again later. */
export function wrapped(cell) {
  const node = document.createDocumentFragment();
  node.append(cell);
  return { item: cell.dataset.item, token: cell.dataset.token, node };
}

/** What accepting says of the cell: `label`, or the class that it was given. */
export function decisionOn(cell, label) {
  return {
    request_id: uuid(),
    item: Number(cell.dataset.item),
    claim_token: cell.dataset.token,
    verdict: "label",
    value: { labels: [cell.dataset.label || label] },
    shown: true,
  };
}

function isChanged(cell) { return Boolean(cell.dataset.label); }

/** What was done, in words. */
export function saysOf(decided, wrong) {
  const changed = decided.filter(isChanged).length;
  const told = [`${decided.length - changed} accepted`];
  if (changed) told.push(`${changed} changed`);
  if (wrong.length) told.push(`${wrong.length} left in the queue`);
  return `${told.join(", ")}.`;
}

/** What Accept will do, in its own words. */
export function drawAccept(button, words, cells) {
  const changed = cells.filter(isChanged).length;
  const accepted = cells.filter((cell) => !isMarked(cell)).length;
  words.textContent = changed ? `Accept ${accepted}, change ${changed}` : `Accept ${accepted}`;
  button.disabled = cells.length === 0;
}
