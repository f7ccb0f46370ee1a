/** A large answer does not fit into the browser's storage: the next item is shown once the server has it. */

/** Send the entry from memory; `saved` or `refused` runs when the server has answered. */
export function sendLarge(outbox, entry, { saved, refused }) {
  const answers = new AbortController();
  const answered = ({ detail }, run) => {
    if (detail.entry.body.request_id !== entry.body.request_id) return;
    answers.abort();
    run();
  };
  outbox.addEventListener("saved", (event) => answered(event, saved), answers);
  outbox.addEventListener("refused", (event) => answered(event, refused), answers);
  outbox.push(entry, { stored: false });
}
