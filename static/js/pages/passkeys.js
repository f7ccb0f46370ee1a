/**
 * Passkeys: the browser's dialog, between the server's question and the form that carries the answer back.
 *
 * A form is `data-passkey="get"` or `"create"` and has a hidden field `credential`. Its challenge is in the JSON block
 * that `data-options` names, or is fetched from `data-options-url`. It is hidden until a browser that can do this shows
 * it; `data-without-passkeys` is what others read.
 */

const WORDS = {
  NotAllowedError: "No passkey was used. Try again or sign in another way.",
  InvalidStateError: "This device already has a passkey for this account.",
  SecurityError: "Passkeys need a host name: open this page under its name (http://localhost…, not http://127.0.0.1…).",
};

async function question(form) {
  const { options, optionsUrl } = form.dataset;
  if (options) return JSON.parse(document.getElementById(options).textContent).publicKey;
  const response = await fetch(optionsUrl, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("Unexpected server response. Try again in a moment.");
  return (await response.json()).publicKey;
}

function answer(kind, asked) {
  return kind === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
}

async function send(form) {
  const problem = form.querySelector("[role=alert]");
  problem.textContent = "";
  form.setAttribute("aria-busy", "true");
  try {
    const credential = await answer(form.dataset.passkey, await question(form));
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    problem.textContent = WORDS[error.name] ?? error.message;
    form.removeAttribute("aria-busy");
  }
}

const able = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !able;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = able;
