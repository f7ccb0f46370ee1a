/**
 * A read-only item: its viewer shows it, and its editor one of its labels. Nothing can be changed here
 * unless the label is being corrected: then the form is sent with what the editor says.
 */

import { pageData } from "../shared/http.js";
import { alert } from "../shared/live.js";

const root = document.getElementById("reading");
const [viewer, editor] = ["[data-viewer]", "[data-editor]"].map((name) => root.querySelector(name));
const data = JSON.parse(root.querySelector("[data-editor-data]").textContent);

await viewer.ready();
editor.connect({ viewer, task: pageData("reading-task"), data });

const form = document.getElementById("correct");
if (form) form.addEventListener("submit", (event) => {
  const value = editor.value;
  form.elements.value.value = value === null ? "" : JSON.stringify(value);
  if (value !== null) return;
  event.preventDefault();
  alert(editor.nothing);
});
else editor.readOnly = true;
