"""Polygons of objects in several parts: files join them into one ring, or list each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exchange.formats.spans import counted

Ring = list[list[float]]
# The outline, then holes.
Polygon = list[Ring]

# Of what is drawn pixel by pixel, pieces that are smaller than this share of the largest are no parts of a thing.
_SPECK = 1 / 20


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one thing, the largest first; and how many specks beside them were left out."""

    polygons: list[Polygon]
    specks: int = 0

    def left(self) -> str:
        """What was left out, in words that can follow others."""
        return f" {counted(self.specks, 'speck')} beside it left out." if self.specks else ""


def parts_of(ring: Ring) -> Parts:
    """What a ring is made of. Programs that have one ring for each thing lead it from part to part and back, or into a
    hole, through points that it comes to twice."""
    import shapely  # noqa: PLC0415

    points = [(x, y) for x, y in ring]
    points = [point for at, point in enumerate(points) if point != points[at - 1]]
    if len(set(points)) == len(points):
        return Parts([[ring]])
    try:
        parts = pieces_of(shapely.make_valid(shapely.Polygon(points)))
    except (shapely.GEOSException, ValueError):
        # So twisted that it cannot be told what it covers, or next to nothing.
        return Parts([[ring]])
    return parts if parts.polygons else Parts([[ring]])


def pieces_of(shape: Any) -> Parts:
    """The polygons of a shape."""
    found = _flat(shape)
    if not found:
        return Parts([])
    kept = [one for one in found if one.area >= _SPECK * found[0].area]
    return Parts([_told(one) for one in kept], len(found) - len(kept))


def joined(polygons: Sequence[Polygon]) -> list[Polygon]:
    """The same, with those joined that overlap."""
    import shapely  # noqa: PLC0415

    try:
        shapes = [shapely.make_valid(shapely.Polygon(rings[0], rings[1:])) for rings in polygons]
        pieces = _flat(shapely.union_all(shapes))
    except shapely.GEOSException:
        return list(polygons)
    return list(polygons) if len(pieces) >= len(polygons) or not pieces else [_told(one) for one in pieces]


def _flat(shape: Any) -> list[Any]:
    """The largest first."""
    import shapely  # noqa: PLC0415

    pieces = [part for one in shapely.get_parts(shape).tolist() for part in shapely.get_parts(one).tolist()]
    return sorted((one for one in pieces if one.geom_type == "Polygon"), key=lambda one: (-one.area, one.wkb))


def _told(piece: Any) -> Polygon:
    return [[[x, y] for x, y in ring.coords[:-1]] for ring in (piece.exterior, *piece.interiors)]
