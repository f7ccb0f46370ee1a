/** Where a region can be taken hold of, and what it becomes when that point is moved. */

import { ringsOf, rounded, shapeOf, turned } from "./geometry.js";

// Pixels of the screen from the upper edge to the point that turns a box.
const TURN_AWAY = 26;
const LEAST = 0.5;
const SIDES = [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1], [0.5, 1], [0, 1], [0, 0.5]];

/** [{kind, at: [x, y], …}], in the image's pixels; `scale`: pixels of the screen for one of the image. */
export function handlesOf(region, scale) {
  if (region.polygon) return pointsOf(region.polygon);
  if (region.box) {
    const [x, y, width, height] = region.box;
    return SIDES.map(([a, b]) => ({ kind: "side", a, b, at: [x + a * width, y + b * height] }));
  }
  const [x, y, width, height, degrees] = region.rotated_box;
  const at = (a, b, beyond = 0) => {
    const [dx, dy] = turned([(a - 0.5) * width, (b - 0.5) * height - beyond], degrees);
    return [x + dx, y + dy];
  };
  return [...SIDES.map(([a, b]) => ({ kind: "side", a, b, at: at(a, b) })), { kind: "turn", at: at(0.5, 0, TURN_AWAY / scale) }];
}

function pointsOf(rings) {
  const points = rings.flatMap((ring, which) => ring.map((at, index) => ({ kind: "point", ring: which, index, at })));
  const between = rings.flatMap((ring, which) => ring.map(([x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length];
    return { kind: "between", ring: which, index, at: [(x + nextX) / 2, (y + nextY) / 2] };
  }));
  // Points take precedence over the lines between them.
  return [...points, ...between];
}

/** The region's shape with the handle at {x, y}. */
export function dragged(region, handle, { x, y }, extent, { snaps = false } = {}) {
  const inside = { x: clamp(x, 0, extent.width), y: clamp(y, 0, extent.height) };
  if (handle.kind === "point") return withPoint(region, handle, [rounded(inside.x), rounded(inside.y)]);
  if (handle.kind === "turn") return turnedTo(region, { x, y }, snaps);
  return region.box ? boxBy(region.box, handle, inside) : rotatedBy(region.rotated_box, handle, { x, y });
}

function withPoint({ polygon }, { ring, index }, at) {
  return { polygon: polygon.map((one, which) => (which === ring ? one.map((point, place) => (place === index ? at : point)) : one)) };
}

/** A new point after the handle's; gives the shape. */
export function withPointAfter({ polygon }, { ring, index }, at) {
  const point = at.map(rounded);
  return { polygon: polygon.map((one, which) => (which === ring ? [...one.slice(0, index + 1), point, ...one.slice(index + 1)] : one)) };
}

/** Without that point; a hole of three points goes as a whole. null: an outline keeps three. */
export function withoutPoint({ polygon }, { ring, index }) {
  if (polygon[ring].length > 3) return { polygon: polygon.map((one, which) => (which === ring ? one.filter((_, place) => place !== index) : one)) };
  return ring ? { polygon: polygon.filter((_, which) => which !== ring) } : null;
}

function boxBy([x, y, width, height], { a, b }, at) {
  const [left, right] = sides(x, width, a, at.x);
  const [top, bottom] = sides(y, height, b, at.y);
  return { box: [left, top, Math.max(LEAST, right - left), Math.max(LEAST, bottom - top)].map(rounded) };
}

function sides(from, size, which, to) {
  if (which === 0.5) return [from, from + size];
  const fixed = which ? from : from + size;
  return [Math.min(fixed, to), Math.max(fixed, to)];
}

/** The opposite side stays where it is. */
function rotatedBy([x, y, width, height, degrees], { a, b }, at) {
  const opposite = turned([(0.5 - a) * width, (0.5 - b) * height], degrees);
  const fixed = [x + opposite[0], y + opposite[1]];
  const [along, across] = turned([at.x - fixed[0], at.y - fixed[1]], -degrees);
  const size = [a === 0.5 ? width : Math.max(LEAST, Math.abs(along)), b === 0.5 ? height : Math.max(LEAST, Math.abs(across))];
  const reach = [a === 0.5 ? 0 : Math.sign(along || 1) * size[0] / 2, b === 0.5 ? 0 : Math.sign(across || 1) * size[1] / 2];
  const [dx, dy] = turned(reach, degrees);
  return { rotated_box: [fixed[0] + dx, fixed[1] + dy, ...size, degrees].map(rounded) };
}

function turnedTo({ rotated_box: [x, y, width, height] }, at, snaps) {
  const exact = (Math.atan2(at.y - y, at.x - x) * 180) / Math.PI + 90;
  const degrees = snaps ? Math.round(exact / 15) * 15 : exact;
  return { rotated_box: [x, y, width, height, rounded(((degrees % 360) + 360) % 360) % 360] };
}

/** By keys: right and lower side by a number of pixels; a polygon as a whole. */
export function resized(region, dx, dy, extent) {
  const name = shapeOf(region);
  if (name === "box") {
    const [x, y, width, height] = region.box;
    return { box: [x, y, clamp(width + dx, LEAST, extent.width - x), clamp(height + dy, LEAST, extent.height - y)].map(rounded) };
  }
  if (name === "rotated_box") {
    const [x, y, width, height, degrees] = region.rotated_box;
    return { rotated_box: [x, y, Math.max(LEAST, width + dx), Math.max(LEAST, height + dy), degrees].map(rounded) };
  }
  const [outline] = ringsOf(region);
  const [left, top] = [Math.min(...outline.map(([x]) => x)), Math.min(...outline.map(([, y]) => y))];
  const [width, height] = [Math.max(...outline.map(([x]) => x)) - left, Math.max(...outline.map(([, y]) => y)) - top];
  const times = [clamp(width + dx, LEAST, extent.width - left) / width, clamp(height + dy, LEAST, extent.height - top) / height];
  return { polygon: region.polygon.map((ring) => ring.map(([x, y]) => [rounded(left + (x - left) * times[0]), rounded(top + (y - top) * times[1])])) };
}

function clamp(number, least, most) { return Math.max(least, Math.min(most, number)); }
