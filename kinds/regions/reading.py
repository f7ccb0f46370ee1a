"""Parsing of region shapes from people, files and labelers."""

from collections.abc import Sequence
from math import atan2, degrees, hypot

from kinds.extent import Extent
from kinds.reading import MeansNothing, Source, number
from kinds.regions.polygons import least_box, read_polygon
from kinds.regions.settings import SHAPES, RegionsSettings, ShapeName
from kinds.regions.shapes import LARGEST, SLACK, Shape, bounds, corners, outline, rounded, turned

_FORMS = {
    "box": "[x, y, width, height]",
    "rotated_box": "[x, y, width, height, degrees] of the centre",
}


def read_shape(source: Source, extent: Extent) -> Shape:
    """The shape in normal form, of an allowed kind. Raises MeansNothing."""
    return _allowed(source, _given(source, extent), extent)


def _given(source: Source, extent: Extent) -> Shape:
    given = [name for name in SHAPES if source.row.get(name) is not None]
    if len(given) != 1:
        raise MeansNothing(f"{source.name}: it needs exactly one of box, rotated_box and polygon, not {len(given)}.")
    name = given[0]
    raw = source.row[name]
    if name == "polygon":
        return name, read_polygon(source, raw, extent)
    numbers = _numbers(source, name, raw)
    return name, _box(source, numbers, extent) if name == "box" else _rotated(source, numbers, extent)


def _numbers(source: Source, name: ShapeName, raw: object) -> list[float]:
    size = 4 if name == "box" else 5
    numbers = [number(part, largest=LARGEST) for part in raw] if isinstance(raw, list | tuple) else []
    found = [part for part in numbers if part is not None]
    if len(numbers) != size or len(found) != size:
        text = f"its {name} is not {_FORMS[name]} with numbers of at most a million"
        raise MeansNothing(f"{source.name}: {text}.")
    return [rounded(part) for part in found[:4]] + [turned(part) for part in found[4:]]


def _box(source: Source, numbers: list[float], extent: Extent) -> list[float]:
    x, y, width, height = numbers
    if width <= 0 or height <= 0:
        raise MeansNothing(f"{source.name}: its width and height are not above 0.")
    if extent.width is None or extent.height is None:
        return numbers
    if x >= -SLACK and y >= -SLACK and x + width <= extent.width + SLACK and y + height <= extent.height + SLACK:
        return numbers
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + width, extent.width), min(y + height, extent.height)
    cut = [rounded(one) for one in (left, top, right - left, bottom - top)]
    if not source.reading.mend or cut[2] <= 0 or cut[3] <= 0:
        raise MeansNothing(_outside(source, extent))
    source.reading.note(f"{source.name}: it was cut to the image.")
    return cut


def _rotated(source: Source, numbers: list[float], extent: Extent) -> list[float]:
    """A rotated box may stick out of the image, as clipping would change its shape; it must not be entirely outside."""
    x, y, width, height, _ = numbers
    if width <= 0 or height <= 0:
        raise MeansNothing(f"{source.name}: its width and height are not above 0.")
    if extent.width is None or extent.height is None or (0 <= x <= extent.width and 0 <= y <= extent.height):
        return numbers
    reach = hypot(width, height) / 2
    beyond = x + reach < 0 or y + reach < 0 or x - reach > extent.width or y - reach > extent.height
    if beyond or not _meets(numbers, extent.width, extent.height):
        raise MeansNothing(_outside(source, extent))
    return numbers


def _meets(numbers: Sequence[float], width: int, height: int) -> bool:
    import shapely  # noqa: PLC0415

    turned_box = shapely.Polygon(corners(*numbers))
    return bool(shapely.intersection(turned_box, shapely.box(0, 0, width, height)).area > 0)


def _outside(source: Source, extent: Extent) -> str:
    return f"{source.name}: it lies outside the image, which is {extent.width:,} × {extent.height:,} pixels."


def _allowed(source: Source, shape: Shape, extent: Extent) -> Shape:
    """The shape as an allowed kind; if values are mended, it may be converted: a box to a rotated box or polygon, a
    rotated box to a polygon, else to its bounding box. Raises MeansNothing."""
    name, raw = shape
    settings: RegionsSettings = source.reading.task.settings
    if name in settings.shapes:
        return shape
    text = f"{source.name}: regions of this task cannot be a {name}."
    if not source.reading.mend:
        raise MeansNothing(text)
    others = [other for other in SHAPES[SHAPES.index(name) + 1 :] if other in settings.shapes]
    if not others:
        source.reading.note(f"{text} It became the box around it.")
        if "box" in settings.shapes:
            return "box", _box(source, _box_around(shape), extent)
        return "rotated_box", _rotated(source, _least_box_around(shape), extent)
    source.reading.note(f"{text} It became a {others[0]}.")
    if others[0] == "polygon":
        return "polygon", read_polygon(source, [outline(shape)], extent)
    x, y, width, height = raw
    return "rotated_box", [rounded(x + width / 2), rounded(y + height / 2), width, height, 0.0]


def _box_around(shape: Shape) -> list[float]:
    left, top, right, bottom = bounds(shape)
    return [rounded(one) for one in (left, top, right - left, bottom - top)]


def _least_box_around(shape: Shape) -> list[float]:
    """The minimum rotated box around a polygon, which has an area."""
    (ax, ay), (bx, by), (cx, cy), _ = least_box(outline(shape))
    width, height = hypot(bx - ax, by - ay), hypot(cx - bx, cy - by)
    middle = [rounded((ax + cx) / 2), rounded((ay + cy) / 2)]
    return [*middle, rounded(width), rounded(height), turned(degrees(atan2(by - ay, bx - ax)))]
