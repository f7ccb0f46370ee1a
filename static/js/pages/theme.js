// Loaded first and at once, so that no page flashes in the wrong scheme before it is painted.
(() => {
  let choice = "auto";
  try { choice = localStorage.getItem("countersign:theme") || "auto"; } catch { /* storage is switched off: follow the system */ }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
})();
