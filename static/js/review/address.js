/**
 * The id of the item on the screen is in the page's address, so that a reload shows it again. Written a moment later: browsers
 * allow few changes of the address in a short time, and nobody reloads between two keys.
 */

const PAUSE_MS = 400;
let timer = 0;

/** `item`: its id, or "" for none. */
export function setAddress(item) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const url = new URL(location.href);
    if (item) url.searchParams.set("item", item);
    else url.searchParams.delete("item");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }, PAUSE_MS);
}
