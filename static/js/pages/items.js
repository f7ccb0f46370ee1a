/**
 * The list of items: how many are ticked, all of a page at once, and buttons that wait until something is. Without
 * scripts the same form works; the list may be swapped at any time, so everything is looked up when it is needed.
 */

const count = new Intl.NumberFormat("en");

const form = () => document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll("#results input[name=item]")];

function show() {
  if (!form()) return;
  const all = document.getElementById("pick-all");
  const page = document.getElementById("pick-page");
  const ticked = boxes().filter((box) => box.checked).length;
  const selected = all.checked ? Number(form().dataset.total) : ticked;
  for (const box of boxes()) box.disabled = all.checked;
  page.hidden = false;
  page.disabled = all.checked;
  page.checked = ticked > 0 && ticked === boxes().length;
  page.indeterminate = ticked > 0 && ticked < boxes().length;
  const told = document.getElementById("bulk-count");
  told.hidden = false;
  told.textContent = selected ? `${count.format(selected)} selected` : "Select items";
  for (const button of form().querySelectorAll("button[name=action]")) button.disabled = !selected;
}

let last = null;

function onClick(event) {
  const box = event.target.closest?.("#results input[name=item]");
  if (!box) return;
  const list = boxes();
  // With Shift all between the last tick and this one.
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
    for (const one of list.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
}

function onChange(event) {
  if (event.target.id === "pick-page") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest?.("#results")) show();
}

document.addEventListener("click", onClick);
document.addEventListener("change", onChange);
document.addEventListener("htmx:after:swap", show);
addEventListener("pageshow", show);
show();
