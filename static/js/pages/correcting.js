/** A label corrected on the item's page: a class is chosen by its digit, as on the review screen. Enter saves. */

const form = document.getElementById("correct");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
  if (event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea, dialog, details")) return;
  const choice = form.querySelector(`[data-digit="${event.shiftKey ? "+" : ""}${event.key}"]`);
  if (!choice) return;
  event.preventDefault();
  choice.click();
  choice.focus();
});
