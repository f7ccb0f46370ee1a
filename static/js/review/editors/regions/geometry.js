/**
 * Shapes of regions, in pixels of the upright image: `box` [x, y, width, height], `rotated_box` [centre x, centre y,
 * width, height, degrees clockwise], `polygon` [outline, holes…], each a ring of [x, y].
 */

const SHAPES = ["box", "rotated_box", "polygon"];
// Thousandths of a pixel, as values hold them.
const PRECISION = 1000;

export function rounded(number) { return Math.round(number * PRECISION) / PRECISION + 0; }

/** The name of the region's shape. */
export function shapeOf(region) { return SHAPES.find((name) => region[name]); }

/** Turn a vector clockwise (y points down). */
export function turned([x, y], degrees) {
  const turn = (degrees * Math.PI) / 180;
  return [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)];
}

/** The rings of the region, the outline first. */
export function ringsOf(region) {
  if (region.polygon) return region.polygon;
  if (region.box) {
    const [x, y, width, height] = region.box;
    return [[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]];
  }
  const [x, y, width, height, degrees] = region.rotated_box;
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([a, b]) => turned([(a * width) / 2, (b * height) / 2], degrees));
  return [corners.map(([a, b]) => [x + a, y + b])];
}

/** The least upright rectangle around it: {x, y, width, height}. */
export function boundsOf(region) {
  const [ring] = ringsOf(region);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function areaOf(region) {
  return ringsOf(region).reduce((sum, ring, index) => sum + (index ? -1 : 1) * Math.abs(ringArea(ring)), 0);
}

function ringArea(ring) {
  return ring.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

/** Whether the point is in the region, holes excluded, or no farther from its lines than `reach`. */
export function contains(region, { x, y }, reach = 0) {
  const box = boundsOf(region);
  if (x < box.x - reach || y < box.y - reach || x > box.x + box.width + reach || y > box.y + box.height + reach) return false;
  const rings = ringsOf(region);
  const inside = rings.reduce((odd, ring) => odd !== isIn(ring, x, y), false);
  return inside || rings.some((ring) => distanceTo(ring, x, y) <= reach);
}

function isIn(ring, x, y) {
  let odd = false;
  for (let index = 0, before = ring.length - 1; index < ring.length; before = index, index += 1) {
    const [[ax, ay], [bx, by]] = [ring[index], ring[before]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

function distanceTo(ring, x, y) {
  let least = Infinity;
  ring.forEach(([ax, ay], index) => {
    const [bx, by] = ring[(index + 1) % ring.length];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
    least = Math.min(least, Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)));
  });
  return least;
}

/** Intersection over union of the bounding rectangles of two regions: 0 to 1. */
export function overlapOf(left, right) {
  const [one, other] = [boundsOf(left), boundsOf(right)];
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (one.width * one.height + other.width * other.height - both);
}

/** The shape moved, as far as it stays in the image; a rotated box may stick out, but its centre may not. */
export function moved(region, dx, dy, { width, height }) {
  const name = shapeOf(region);
  const box = name === "rotated_box"
    ? { x: region.rotated_box[0], y: region.rotated_box[1], width: 0, height: 0 }
    : boundsOf(region);
  const x = Math.max(-box.x, Math.min(width - box.x - box.width, dx));
  const y = Math.max(-box.y, Math.min(height - box.y - box.height, dy));
  if (name === "polygon") return { polygon: region.polygon.map((ring) => ring.map(([a, b]) => [rounded(a + x), rounded(b + y)])) };
  const [a, b, ...others] = region[name];
  return { [name]: [rounded(a + x), rounded(b + y), ...others] };
}

/** Whether lines of the polygon cross one another, a hole lies outside or in another one, or it has no area: what no
 * value may hold. */
export function isTangled({ polygon }) {
  if (!polygon) return false;
  const lines = polygon.flatMap((ring, which) => ring.map((point, index) => ({ which, index, size: ring.length, a: point, b: ring[(index + 1) % ring.length] })));
  const beside = (one, other) => one.which === other.which
    && (Math.abs(one.index - other.index) === 1 || Math.abs(one.index - other.index) === one.size - 1);
  const crossing = lines.some((one, at) => lines.slice(at + 1).some((other) => !beside(one, other) && cross(one, other)));
  const [outline, ...holes] = polygon;
  // Where no lines cross, one point decides where a ring is.
  const astray = holes.some(([[x, y]], at) => !isIn(outline, x, y) || holes.some((other, which) => which !== at && isIn(other, x, y)));
  return crossing || astray || polygon.some((ring) => ring.length < 3 || Math.abs(ringArea(ring)) < 1e-6);
}

function cross({ a, b }, { a: c, b: d }) {
  const side = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}
