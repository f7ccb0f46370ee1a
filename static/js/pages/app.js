/**
 * What every page needs: the colour scheme, menus, dialogs, and good manners around htmx swaps.
 * htmx's event names appear in this file alone.
 */

import { watchLateImages } from "../shared/images.js";
import { watchJobs } from "../shared/job_notices.js";
import { alert, say } from "../shared/live.js";

const THEME = "countersign:theme";

function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* storage is switched off: the choice lasts for this page */ }
}

function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

function applyTheme(choice) {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

function onClick(event) {
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) {
    remember(THEME, theme.dataset.themeChoice);
    applyTheme(theme.dataset.themeChoice);
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  const copier = event.target.closest("[data-copies]");
  if (copier) copy(document.getElementById(copier.dataset.copies));
  for (const drop of document.querySelectorAll("details[data-drop][open]")) {
    if (!drop.contains(event.target)) drop.open = false;
  }
}

async function copy(source) {
  const text = source?.value ?? source?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text.trim());
    say("Copied.");
  } catch {
    // No clipboard outside a secure context: select the text, so that the usual keys copy it.
    getSelection()?.selectAllChildren(source);
    say("Selected. Press Ctrl+C to copy.");
  }
}

function onKeydown(event) {
  if (event.key !== "Escape") return;
  const drop = document.querySelector("details[data-drop][open]");
  if (!drop) return;
  drop.open = false;
  drop.querySelector("summary")?.focus();
}

/** The element that a swap filled: htmx 4 says it in the context, htmx 2 in the detail. */
function swapTarget(event) {
  const target = event.detail?.ctx?.target ?? event.detail?.target ?? event.target;
  return target instanceof Element ? target : null;
}

function onRequest(event) { swapTarget(event)?.setAttribute("aria-busy", "true"); }

function onFinally(event) { swapTarget(event)?.removeAttribute("aria-busy"); }

/** After a swap: errors are read out and focused; a new heading that asks for it (`data-focus`) gets the focus. */
function onSwap(event) {
  const found = swapTarget(event);
  // An outer swap replaces the target itself; its successor has the same id.
  const target = found?.isConnected ? found : document.getElementById(found?.id ?? "");
  if (!target) return;
  target.removeAttribute("aria-busy");
  const failed = target.querySelector("[aria-invalid=true]");
  const summary = target.querySelector(".errorlist");
  if (summary) alert(summary.textContent.trim());
  const wanted = failed ?? target.querySelector("[data-focus]");
  wanted?.focus();
  const sentence = target.querySelector("[data-says]")?.dataset.says;
  if (sentence) say(sentence);
}

function onFailure(event) {
  const status = event.detail?.ctx?.response?.status ?? 0;
  if (status >= 500 || status === 0) alert("Unexpected server response. Try again in a moment.");
  if (status === 401 || status === 403) alert("You are signed out or lack permission. Reload the page to sign in again.");
}

applyTheme(recall(THEME) ?? "auto");
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKeydown);
document.addEventListener("htmx:before:request", onRequest);
document.addEventListener("htmx:finally:request", onFinally);
document.addEventListener("htmx:after:swap", onSwap);
document.addEventListener("htmx:response:error", onFailure);
document.addEventListener("htmx:error", onFailure);
watchLateImages();
watchJobs();
