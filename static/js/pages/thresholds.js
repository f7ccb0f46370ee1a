/**
 * Thresholds: a slider beside a number, a filter over the classes, suggestions taken by a click. Of hundreds of classes
 * only those are sent that were changed.
 */

function sendIfChanged(field) {
  const name = field.name;
  field.removeAttribute("name");
  field.addEventListener("input", () => {
    if (field.value === field.defaultValue) field.removeAttribute("name");
    else field.name = name;
  });
}

function fill(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function filter(section, words) {
  const rows = [...section.querySelectorAll("[data-named]")];
  for (const row of rows) row.hidden = !row.dataset.named.includes(words.trim().toLowerCase());
  const shown = rows.filter((row) => !row.hidden).length;
  section.querySelector("[data-filtered]").textContent = shown < rows.length ? `${shown} of ${rows.length} classes` : "";
}

function mirror(slider) {
  const number = document.getElementById(slider.dataset.mirrors);
  slider.value = number.value;
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => { slider.value = number.value; });
}

for (const field of document.querySelectorAll("[data-sent-if-changed]")) {
  // After an error the page shows what was sent: it is sent again.
  if (field.getAttribute("aria-invalid") !== "true" && !("sent" in field.dataset)) sendIfChanged(field);
  // A field outside its form does not bubble into it.
  field.addEventListener("input", () => field.form?.dispatchEvent(new Event("input", { bubbles: true })));
}
for (const slider of document.querySelectorAll("[data-mirrors]")) mirror(slider);
for (const section of document.querySelectorAll("[data-thresholds]")) {
  const search = section.querySelector("[data-filters]");
  search.addEventListener("input", () => filter(section, search.value));
  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fills]");
    if (button) fill(document.getElementById(button.dataset.fills), button.textContent.trim());
  });
}
