import { showRows } from "./class_rows.js";

/**
 * A new dataset: of the settings of the kinds of labels, those of the chosen one are shown. Without scripts all are.
 */

const parts = [...document.querySelectorAll("[data-tasks]")];

function show() {
  const chosen = document.querySelector('input[name="task"]:checked')?.value;
  for (const part of parts) part.hidden = !part.dataset.tasks.split(" ").includes(chosen);
}

document.addEventListener("change", (event) => {
  if (event.target.name === "task") show();
});
show();
showRows(document.querySelector("#id_classes"));
