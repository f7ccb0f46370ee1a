/**
 * Talking to the server: the CSRF token, JSON posts, fragments, and random ids.
 * A request either gives an answer with a status or throws Unreachable; nothing else.
 */

const PATIENCE_MS = 20_000;
// Browsers refuse a request that may outlive its page with more than 64 KiB, of all of them together.
const KEPT_ALIVE_BYTES = 50_000;

/** No answer came: offline, the server is restarting, or it took too long. Sending again is safe and can help. */
export class Unreachable extends Error {}

/** The token from the cookie, which is renewed by a sign-in in any tab; else the one the page came with. */
export function csrfToken() {
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  if (cookie) return decodeURIComponent(cookie[1]);
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

// A browser without any network reports being offline, but can still reach a server on the same machine.
const HERE = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

function isOffline() { return navigator.onLine === false && !HERE.test(location.hostname); }

async function reach(url, options) {
  // Nothing is sent while offline; callers retry later, or when the browser is online again.
  if (isOffline()) throw new Unreachable("offline");
  try {
    return await fetch(url, {
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...options,
    });
  } catch (error) {
    throw new Unreachable(String(error?.message ?? error));
  }
}

/** A redirect can only lead to the sign-in page. */
function statusOf(response) {
  return response.type === "opaqueredirect" ? 401 : response.status;
}

/**
 * Post JSON. Gives {status, body}; `body` is {} when the answer is not JSON (a proxy's page, a CSRF refusal).
 * `keepalive` lets the request outlive the page, unless it is too large for that: then it is sent like any other.
 */
export async function post(url, body, { keepalive = false } = {}) {
  const text = JSON.stringify(body);
  const response = await reach(url, {
    method: "POST",
    keepalive: keepalive && new Blob([text]).size <= KEPT_ALIVE_BYTES,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), Accept: "application/json" },
    body: text,
  });
  let answer = {};
  try {
    answer = await response.json();
  } catch { /* not JSON: the status says enough */ }
  return { status: statusOf(response), body: answer };
}

/** Get a fragment. Gives {status, dom}: a separate document, whose scripts never run. */
export async function getFragment(url) {
  const response = await reach(url, { headers: { Accept: "text/html" } });
  const status = statusOf(response);
  let text = "";
  try {
    text = status === 200 ? await response.text() : "";
  } catch (error) {
    throw new Unreachable(String(error));
  }
  return { status, dom: new DOMParser().parseFromString(text, "text/html") };
}

/** Get JSON. Gives {status, body}; `body` is {} when the answer is none. */
export async function getJson(url) {
  const response = await reach(url, { headers: { Accept: "application/json" } });
  let body = {};
  try { body = await response.json(); } catch { /* not JSON: the status says enough */ }
  return { status: statusOf(response), body };
}

/** A random UUID; `crypto.randomUUID` is missing outside secure contexts (plain HTTP on a local network). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The page's JSON block of that id (`json_script`). */
export function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
