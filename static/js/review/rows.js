/** A row of the label panel for a class that the panel does not list: one that was found by typing. */

import { swatch } from "./finder.js";

/** Gives function(name) -> element. `classes`: Map by name; `template`: the row's `<template>`. */
export function rowMaker({ classes, multi, template }) {
  return (name) => {
    const shown = classes.get(name) ?? { title: name, path: "", color: "#999999", shape: 0 };
    const row = document.importNode(template.content, true).firstElementChild;
    const input = row.querySelector("input");
    input.type = multi ? "checkbox" : "radio";
    input.value = name;
    row.querySelector(".choice-name").textContent = shown.title;
    row.querySelector(".choice-path").textContent = shown.path;
    row.querySelector(".choice-title").before(swatch(shown));
    return row;
  };
}
