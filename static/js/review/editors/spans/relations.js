/** Relations between spans: what may join which, and the arrows above the text. */

const SVG = "http://www.w3.org/2000/svg";
const RISE = 9;

/** The relations of the task that may go from one span to another. */
export function allowed(types, from, to) {
  return types.filter(({ from_labels: starts, to_labels: ends }) => (
    (!starts || starts.includes(from.label)) && (!ends || ends.includes(to.label))
  ));
}

/** Arrows between the places of spans that are in sight. */
export function drawRelations(relations, places) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "relation-arrows");
  for (const { from, to, label } of relations) {
    const [one, other] = [places.get(from), places.get(to)];
    if (one && other) svg.append(...arrow(one, other, label));
  }
  return svg;
}

function arrow(from, to, label) {
  const top = Math.min(from.y, to.y) - RISE;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${from.x} ${from.y}C${from.x} ${top} ${to.x} ${top} ${to.x} ${to.y - 2}M${to.x - 3} ${to.y - 6}L${to.x} ${to.y - 1}L${to.x + 3} ${to.y - 6}`);
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", String((from.x + to.x) / 2));
  text.setAttribute("y", String((from.y + to.y) / 2 - RISE + 3 - Math.abs(from.y - to.y) / 4));
  text.textContent = label;
  return [path, text];
}
