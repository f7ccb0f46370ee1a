/** The order of unreviewed elements: those below their threshold first, starting from the current one. */

/** The next one, or null. */
function nextOpen(editor, after) {
  const { elements } = editor;
  const from = elements.indexOf(after) + 1;
  const ahead = [...elements.slice(from), ...elements.slice(0, from)].filter((one) => one !== after);
  if (elements.some((one) => one !== after && editor.isLow(one))) return ahead.find((one) => editor.isLow(one));
  return ahead.find((one) => editor.isOpen(one)) ?? null;
}

/** Choose the next element (1) or the one before (-1); false at the ends, where Tab leaves the item. */
export function step(editor, by) {
  const { chosen, elements } = editor;
  // Where a control within the item has the focus, Tab is on its way out.
  const here = chosen ? editor.onContent : document.activeElement.matches("body, #item, #item > .item-body");
  if (!here || !elements.length) return false;
  const index = elements.indexOf(chosen);
  const next = elements[index < 0 ? (by > 0 ? 0 : elements.length - 1) : index + by];
  editor.select(next?.id ?? "", { shows: true });
  return Boolean(next);
}

/** Confirm the selected element and move to the next unreviewed one. */
export function goOn(editor) {
  const { chosen } = editor;
  if (chosen && editor.isOpen(chosen)) editor.edit({ sure: new Set([...editor.model.state.sure, chosen.id]) });
  const next = nextOpen(editor, chosen);
  if (next) editor.select(next.id, { shows: true });
  else {
    editor.select("");
    editor.hint(editor.elements.length ? "All are checked. Accept or continue." : editor.nothing);
  }
}
