/**
 * Images of items that the server makes small, or turns, when they are first asked for. It makes few at a time, answers
 * 503 to the others, and says when to retry, which an `<img>` does not do itself.
 */

const TRIES = 60;
const PAUSE_MS = 1_000;
// One image at a time, so that retries do not overload the server again.
let line = Promise.resolve();

function isMade(image) {
  return image instanceof HTMLImageElement && image.src.startsWith(`${location.origin}/`) && /\/file\/(\?|$)/.test(image.src);
}

/** Ask until the answer is another than "later", then show the image: it is in the browser's cache by then. */
async function askUntilMade(image) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await fetch(image.src, { credentials: "same-origin" }).catch(() => null);
    if (answer?.ok) {
      await answer.blob();
      image.src = image.getAttribute("src");
      return;
    }
    if (answer?.status !== 503) return;
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * PAUSE_MS));
  }
}

function askAgain(image) {
  // Once an image: what is broken for good stays so.
  if (!isMade(image) || image.dataset.askedAgain) return Promise.resolve();
  image.dataset.askedAgain = "1";
  const turn = line.then(() => askUntilMade(image)).catch(() => {});
  line = turn;
  return turn;
}

/** Wait until an image that may not be on the page yet is there to be shown, or cannot be. */
export async function decoded(image) {
  try {
    await image.decode();
  } catch {
    await askAgain(image);
    await image.decode().catch(() => {});
  }
}

/** Look after all images that come onto the page. */
export function watchLateImages() {
  document.addEventListener("error", ({ target }) => askAgain(target), true);
  for (const image of document.images) if (image.complete && !image.naturalWidth) askAgain(image);
}
