"""Polygons of things in several parts: files join them to one ring, or tell each by itself."""

from collections.abc import Sequence
from typing import Any

Ring = list[list[float]]
# The outline, then holes.
Polygon = list[Ring]


def polygons_of(ring: Ring) -> list[Polygon]:
    """The polygons that a ring is made of. Programs that have one ring for each thing lead it from part to part and
    back, or into a hole, through points that it comes to twice."""
    points = [(x, y) for x, y in ring]
    points = [point for at, point in enumerate(points) if point != points[at - 1]] or points[:1]
    if len(set(points)) == len(points):
        return [[ring]]
    loops = sorted(_loops(points), key=_area, reverse=True)
    if len(loops) < 2:
        return [[[[x, y] for x, y in loop] for loop in loops] or [ring]]
    return _nested(loops)


Loop = list[tuple[float, float]]


def _loops(points: Loop) -> list[Loop]:
    """Ways from a point back to it that come to no point twice; without those that only lead from part to part."""
    found: list[Loop] = []
    way: Loop = []
    places: dict[tuple[float, float], int] = {}
    for point in points:
        if point in places:
            at = places[point]
            found.append(way[at:])
            for passed in way[at + 1 :]:
                del places[passed]
            del way[at + 1 :]
        else:
            places[point] = len(way)
            way.append(point)
    return [loop for loop in (*found, way) if len(loop) > 2 and _area(loop) > 0]


def _twice_area(loop: Loop) -> float:
    return sum(x * loop[at - 1][1] - loop[at - 1][0] * y for at, (x, y) in enumerate(loop))


def _area(loop: Loop) -> float:
    return abs(_twice_area(loop))


def _nested(loops: Sequence[Loop]) -> list[Polygon]:
    """Loops that lie in a larger one, and go the other way round, are its holes."""
    import shapely  # noqa: PLC0415

    shapes = [shapely.Polygon(loop) for loop in loops]
    told: dict[int, Polygon] = {}
    for number, loop in enumerate(loops):
        ring = [[x, y] for x, y in loop]
        for outer in told:
            other_way = (_twice_area(loop) > 0) != (_twice_area(loops[outer]) > 0)
            if (
                other_way
                and shapes[outer].is_valid
                and shapes[number].is_valid
                and shapes[outer].covers(shapes[number])
            ):
                told[outer].append(ring)
                break
        else:
            told[number] = [ring]
    return list(told.values())


def joined(polygons: Sequence[Polygon]) -> list[Polygon]:
    """The same, with those joined that overlap."""
    import shapely  # noqa: PLC0415

    try:
        shapes = [shapely.make_valid(shapely.Polygon(rings[0], rings[1:])) for rings in polygons]
        pieces = flat(shapely.union_all(shapes))
    except shapely.GEOSException:
        # So twisted that it cannot be told what they cover.
        return list(polygons)
    return list(polygons) if len(pieces) >= len(polygons) or not pieces else pieces


def flat(shape: Any) -> list[Polygon]:
    """The polygons of a shape, the largest first."""
    import shapely  # noqa: PLC0415

    pieces = [part for one in shapely.get_parts(shape).tolist() for part in shapely.get_parts(one).tolist()]
    found = sorted((one for one in pieces if one.geom_type == "Polygon"), key=lambda one: (-one.area, one.wkb))
    return [[[[x, y] for x, y in ring.coords[:-1]] for ring in (one.exterior, *one.interiors)] for one in found]
