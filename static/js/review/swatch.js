/** A class's colour, with a shape that changes after every eight classes so that colour is never alone. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = [
  ["rect", { width: 12, height: 12, rx: 3 }],
  ["circle", { cx: 6, cy: 6, r: 6 }],
  ["path", { d: "M6 0 12 6 6 12 0 6z" }],
  ["path", { d: "M6 0 12 12H0z" }],
];

/** The class's swatch as an SVG element. */
export function swatch({ color, shape }) {
  const [tag, attributes] = SHAPES[shape] ?? SHAPES[0];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "-1 -1 14 14");
  svg.setAttribute("aria-hidden", "true");
  const drawing = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries({ ...attributes, fill: color })) drawing.setAttribute(name, value);
  svg.append(drawing);
  return svg;
}
