"""Polygons from people, files and labelers, checked and repaired with shapely."""

from collections.abc import Sequence
from typing import Any

from kinds.extent import Extent
from kinds.reading import MeansNothing, Source, number
from kinds.regions.shapes import DECIMALS, LARGEST, SLACK, Point, corners, rounded

MOST_POINTS, MOST_RINGS = 20_000, 1_000
_FORM = "its polygon is not rings of points, [[[x, y], …], …], with numbers of at most a million"

Ring = list[Point]


def read_polygon(source: Source, raw: object, extent: Extent) -> list[list[list[float]]]:
    """The polygon in normal form. Raises MeansNothing."""
    rings = _rings(source, raw)
    reason = _against(rings, extent)
    if reason and not source.reading.mend:
        raise MeansNothing(f"{source.name}: {reason}.")
    if reason:
        rings = _mended(source, rings, extent, reason)
    return [[[x, y] for x, y in ring] for ring in rings]


def _rings(source: Source, raw: object) -> list[Ring]:
    wrong = MeansNothing(f"{source.name}: {_FORM}.")
    if not isinstance(raw, list) or not raw or not all(isinstance(ring, list) for ring in raw):
        raise wrong
    if len(raw) > MOST_RINGS or sum(map(len, raw)) > MOST_POINTS:
        raise MeansNothing(f"{source.name}: its polygon has more than {MOST_RINGS:,} rings or {MOST_POINTS:,} points.")
    rings = [[_point(point) for point in ring] for ring in raw]
    told = [_told([point for point in ring if point is not None]) for ring in rings]
    if any(None in ring for ring in rings):
        raise wrong
    if len(told[0]) < 3 or (not source.reading.mend and any(len(ring) < 3 for ring in told)):
        raise MeansNothing(f"{source.name}: a ring of its polygon has fewer than three points.")
    return [ring for ring in told if len(ring) >= 3]


def _point(raw: object) -> Point | None:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        return None
    x, y = (number(part, largest=LARGEST) for part in raw)
    return None if x is None or y is None else (rounded(x), rounded(y))


def _told(points: Sequence[Point]) -> Ring:
    """The ring without repeated points; the first does not follow the last."""
    return [point for at, point in enumerate(points) if point != points[(at + 1) % len(points)] or len(points) == 1]


def _against(rings: Sequence[Ring], extent: Extent) -> str:
    """The polygon's fault, "" if it has none."""
    import shapely  # noqa: PLC0415

    shape = shapely.Polygon(rings[0], rings[1:])
    if not shape.is_valid or shape.area <= 0:
        reason = shapely.is_valid_reason(shape)
        return f"its polygon crosses or touches itself ({reason})" if shape.area > 0 else "its polygon has no area"
    if extent.width is None or extent.height is None:
        return ""
    left, top, right, bottom = shape.bounds
    outside = left < -SLACK or top < -SLACK or right > extent.width + SLACK or bottom > extent.height + SLACK
    return f"it lies outside the image, which is {extent.width:,} × {extent.height:,} pixels" if outside else ""


def _mended(source: Source, rings: Sequence[Ring], extent: Extent, reason: str) -> list[Ring]:
    """The largest piece of the polygon inside the image. Raises MeansNothing if there is none."""
    import shapely  # noqa: PLC0415

    try:
        shape: Any = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
        if extent.width is not None and extent.height is not None:
            shape = shapely.intersection(shape, shapely.box(0, 0, extent.width, extent.height))
        pieces = shapely.get_parts(shapely.set_precision(shape, 10.0**-DECIMALS)).tolist()
    except shapely.GEOSException:
        # Too degenerate to have a defined area.
        pieces = []
    # A collection may contain several polygons in one part.
    flat = [part for piece in pieces for part in shapely.get_parts(piece).tolist() if part.geom_type == "Polygon"]
    if not flat:
        raise MeansNothing(f"{source.name}: {reason}.")
    largest = max(flat, key=lambda piece: (piece.area, piece.wkb))
    told = [
        _told([(rounded(x), rounded(y)) for x, y in ring.coords]) for ring in (largest.exterior, *largest.interiors)
    ]
    if len(told[0]) < 3 or _against(told, extent):
        raise MeansNothing(f"{source.name}: {reason}.")
    source.reading.note(f"{source.name}: {reason}. {_done(len(flat))}")
    return told


def _done(pieces: int) -> str:
    return "It was repaired." if pieces == 1 else f"It was repaired, and the largest of {pieces} pieces kept."


def least_box(points: Sequence[Point]) -> list[Point]:
    """The corners of the minimum rotated box around the points, clockwise on the screen."""
    import shapely  # noqa: PLC0415

    ring = shapely.minimum_rotated_rectangle(shapely.MultiPoint(points))
    found = [(float(x), float(y)) for x, y in getattr(ring, "exterior", ring).coords][:4]
    if len(found) < 4:
        left, top, right, bottom = ring.bounds
        return corners((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, 0)
    (ax, ay), (bx, by), (cx, cy), _ = found
    return found if (bx - ax) * (cy - by) - (by - ay) * (cx - bx) > 0 else found[::-1]
