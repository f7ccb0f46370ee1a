"""Values of regions as formats read and write them, and what most formats cannot carry of them."""

from collections.abc import Iterable, Mapping, Sequence
from math import atan2, degrees, hypot
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.records import RawSaid
from exchange.formats.spans import counted
from exchange.formats.told import Told
from kinds.regions.shapes import Point, corners

Regions = list[dict[str, Any]]


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
        raise Unreadable(f"{what} is not a number, {str(text)[:40]!r}") from None


def corners_as_box(left: float, top: float, right: float, bottom: float) -> list[float]:
    """[x, y, width, height] of two corners, whichever comes first."""
    return [min(left, right), min(top, bottom), abs(right - left), abs(bottom - top)]


def four_corners(points: Sequence[Point]) -> dict[str, Any]:
    """Four corners as the rotated box that they are, its first side along the first two where they go clockwise; as a
    polygon if they are none. Files round corners, to whole pixels even."""
    box = _rotated(points)
    return {"polygon": [[list(point) for point in points]]} if box is None else {"rotated_box": box}


# How far a corner may lie from the box's: in pixels, of the shorter side, and in any case.
_FAR, _SHARE, _LEAST = 1.0, 0.05, 0.02


def _rotated(points: Sequence[Point]) -> list[float] | None:
    one, two, three, four = points if _turns(points) > 0 else (points[0], *reversed(points[1:]))
    x, y = (sum(parts) / 4 for parts in zip(*points, strict=True))
    along = (two[0] - one[0] + three[0] - four[0]) / 2, (two[1] - one[1] + three[1] - four[1]) / 2
    across = (four[0] - one[0] + three[0] - two[0]) / 2, (four[1] - one[1] + three[1] - two[1]) / 2
    width, height = hypot(*along), hypot(*across)
    if not (width > 0 and height > 0):
        return None
    # The direction that both sides speak for, the longer one more.
    way = along[0] * width + across[1] * height, along[1] * width - across[0] * height
    box = [x, y, width, height, degrees(atan2(way[1], way[0]))]
    most = min(_FAR, _SHARE * min(width, height)) + _LEAST
    pairs = zip((one, two, three, four), corners(*box), strict=True)
    return box if all(hypot(ax - bx, ay - by) <= most for (ax, ay), (bx, by) in pairs) else None


def _turns(points: Sequence[Point]) -> float:
    """Above 0 where the corners go clockwise as the screen shows them."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True))


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
