/** Elements in words. */

/** "9 Red cell, 2 White cell", the most frequent first; "" for none. */
export function counted(elements, titleOf) {
  const counts = new Map();
  for (const { label } of elements) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort((left, right) => right[1] - left[1]);
  return sorted.map(([name, n]) => `${n} ${titleOf(name)}`).join(", ");
}
