/**
 * On which level under its text a span is drawn, line by line: the shorter ones nearer to the text, and none over
 * another, nor over its name.
 */

// A letter of a name beside a letter of the text.
const NARROWER = 0.62;
const GAP = 1;

/** The spans of each line as [{span, start, end, level}], by the line's index, and how many levels it has. */
export function levelled(lines, spans, titleOf) {
  const byLine = new Map();
  for (const span of spans) {
    for (const line of lines.between(span.start, span.end)) {
      const parts = byLine.get(line.index) ?? byLine.set(line.index, []).get(line.index);
      parts.push({ span, start: Math.max(span.start, line.start), end: Math.min(span.end, line.end), level: 0 });
    }
  }
  for (const parts of byLine.values()) place(parts, titleOf);
  return byLine;
}

function place(parts, titleOf) {
  const levels = [];
  const order = [...parts].sort((left, right) => left.end - left.start - (right.end - right.start) || left.start - right.start);
  for (const part of order) {
    const named = part.start === part.span.start ? Math.ceil(titleOf(part.span).length * NARROWER) : 0;
    const end = Math.max(part.end, part.start + named + GAP);
    part.level = levels.findIndex((taken) => taken.every((one) => one.end <= part.start || one.start >= end));
    if (part.level < 0) part.level = levels.push([]) - 1;
    levels[part.level].push({ start: part.start, end });
  }
  parts.depth = levels.length;
}
