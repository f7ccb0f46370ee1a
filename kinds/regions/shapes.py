"""The three shapes of a region, in pixels of the upright image: x to the right, y down.
`box`: [x, y, width, height] from the top left corner. `rotated_box`: [x, y, width, height, degrees] of the centre,
rotated clockwise; degrees from 0 to below 360, so that the orientation is kept. `polygon`: rings of [x, y], the outline
first, then holes; a ring does not repeat its first point."""

from math import cos, radians, sin
from typing import Any

from kinds.boxes import Rectangle
from kinds.regions.settings import ShapeName

Point = tuple[float, float]
# (name, type of its value)
Shape = tuple[ShapeName, Any]

# Thousandths of a pixel: enough for formats that divide by width and height.
DECIMALS = 3
LARGEST = 1_000_000.0
# Allowed overshoot: the rounding of formats that divide by width and height.
SLACK = 0.01


def rounded(number: float) -> float:
    """The number in normal form, without minus zero."""
    return round(number, DECIMALS) + 0.0


def turned(degrees: float) -> float:
    """The angle in normal form."""
    return rounded(degrees % 360) % 360


def outline(shape: Shape) -> list[Point]:
    """The corners of the shape, without holes."""
    name, raw = shape
    if name == "polygon":
        return [(x, y) for x, y in raw[0]]
    if name == "box":
        x, y, width, height = raw
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return corners(*raw)


def corners(x: float, y: float, width: float, height: float, degrees: float) -> list[Point]:
    """The corners of a rotated box; y points down, so a growing angle rotates clockwise."""
    turn = radians(degrees)
    along, across = (cos(turn) * width / 2, sin(turn) * width / 2), (-sin(turn) * height / 2, cos(turn) * height / 2)
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [(x + a * along[0] + b * across[0], y + a * along[1] + b * across[1]) for a, b in signs]


def bounds(shape: Shape) -> Rectangle:
    """The bounding box."""
    name, raw = shape
    if name == "box":
        return raw[0], raw[1], raw[0] + raw[2], raw[1] + raw[3]
    points = outline(shape)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def shape_of(region: dict[str, Any]) -> Shape:
    """The shape of a region in normal form."""
    if "box" in region:
        return "box", region["box"]
    return ("rotated_box", region["rotated_box"]) if "rotated_box" in region else ("polygon", region["polygon"])
