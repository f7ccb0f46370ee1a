"""Values of regions as formats read and write them, and what most formats cannot carry of them."""

from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees, hypot
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.records import RawSaid
from exchange.formats.spans import counted
from exchange.formats.told import Told

Regions = list[dict[str, Any]]
Point = tuple[float, float]


def told(regions: Regions, **more: Any) -> Told:
    """What is said of an image by these regions: those with scores a machine says, the others people; nobody's empty
    list is people's."""
    plain, scored = parted(regions)
    label = None if scored and not plain else RawSaid({"regions": plain})
    return Told(label, RawSaid({"regions": scored}) if scored else None, **more)


def parted(regions: Regions) -> tuple[Regions, Regions]:
    """Those without and those with a score."""
    scored = [region for region in regions if region.get("score") is not None]
    return [region for region in regions if region.get("score") is None] if scored else regions, scored


def number_in(text: object, what: str) -> float:
    """The number that a file has as text. Raises Unreadable."""
    try:
        return float(str(text))
    except ValueError:
        raise Unreadable(f"{what} is no number, {str(text)[:40]!r}") from None


def corners_as_box(left: float, top: float, right: float, bottom: float) -> list[float]:
    """[x, y, width, height] of two corners, whichever comes first."""
    return [min(left, right), min(top, bottom), abs(right - left), abs(bottom - top)]


def four_corners(points: Sequence[Point]) -> dict[str, Any]:
    """Four corners as the rotated box that they are, its first side along the first two; as a polygon if they are none.

    Corners of formats are rounded: a thousandth of the size, and a pixel in all, may be off.
    """
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    width, height = hypot(bx - ax, by - ay), hypot(cx - bx, cy - by)
    off = max(abs(ax + cx - bx - dx), abs(ay + cy - by - dy))
    across = abs((bx - ax) * (cx - bx) + (by - ay) * (cy - by))
    turn = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    size = max(width, height)
    if not size or turn <= 0 or off > 1e-3 * size + 0.02 or across > (1e-3 * size + 0.02) * size:
        return {"polygon": [[list(point) for point in points]]}
    middle = [(ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4]
    return {"rotated_box": [*middle, width, height, degrees(atan2(by - ay, bx - ax))]}


def no_attributes(value: Mapping[str, Any], *, but: Iterable[str] = ()) -> list[str]:
    """The loss of attributes, `but` for some."""
    kept = set(but)
    n = sum(bool(region["attributes"].keys() - kept) for region in value["regions"])
    return [f"Attributes of {counted(n, 'region')} are left out."] if n else []


def no_occluded(value: Mapping[str, Any]) -> list[str]:
    """The loss of what is occluded."""
    n = sum(region["occluded"] for region in value["regions"])
    return [f"That {counted(n, 'region is', 'regions are')} occluded is left out."] if n else []


def no_holes(value: Mapping[str, Any]) -> list[str]:
    """The loss of holes."""
    n = sum(len(region.get("polygon", ())) > 1 for region in value["regions"])
    return [f"The holes of {counted(n, 'polygon')} are filled."] if n else []


def becomes(value: Mapping[str, Any], shape: str, what: str) -> list[str]:
    """A shape that is written as another one."""
    n = sum(shape in region for region in value["regions"])
    name = {"rotated_box": "rotated box", "polygon": "polygon", "box": "box"}[shape]
    plural = {"rotated_box": "rotated boxes", "polygon": "polygons", "box": "boxes"}[shape]
    return [f"{counted(n, name + ' becomes', plural + ' become')} {what}."] if n else []


def upright(value: Mapping[str, Any]) -> list[str]:
    """The losses of a format that has upright boxes alone."""
    around = "the upright box around it"
    return [*becomes(value, "rotated_box", around), *becomes(value, "polygon", around)]
