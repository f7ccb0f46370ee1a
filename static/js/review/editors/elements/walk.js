/** The way through the elements that nobody has looked at: those under their threshold first, from the present one on. */

/** The next one, or null. */
export function nextOpen(editor, after) {
  const { elements } = editor;
  const from = elements.indexOf(after) + 1;
  const ahead = [...elements.slice(from), ...elements.slice(0, from)].filter((one) => one !== after);
  if (elements.some((one) => one !== after && editor.isLow(one))) return ahead.find((one) => editor.isLow(one));
  return ahead.find((one) => editor.isOpen(one)) ?? null;
}
