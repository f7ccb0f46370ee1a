/**
 * An item that is looked at, not decided: its viewer shows it, and its editor what somebody says of it. Nothing can be
 * changed here.
 */

import { pageData } from "../shared/http.js";

const root = document.getElementById("reading");
const [viewer, editor] = ["[data-viewer]", "[data-editor]"].map((name) => root.querySelector(name));
const data = JSON.parse(root.querySelector("[data-editor-data]").textContent);

await viewer.ready();
editor.connect({ viewer, task: pageData("reading-task"), data });
editor.readOnly = true;
