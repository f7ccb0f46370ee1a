"""Locations and overlaps of the regions of a value.
Upright boxes are compared as rectangles in bulk; other shapes are intersected by shapely, if their rectangles overlap
enough."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from kinds.boxes import ROUNDING, area, near, overlap
from kinds.elements import Overlaps
from kinds.regions.shapes import Shape, bounds, corners


class Places:
    """The shapes of one value, with cached data for comparisons."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = shapes
        self.bounds = [bounds(shape) for shape in shapes]

    @cached_property
    def upright(self) -> bool:
        """Whether all are upright boxes."""
        return all(name == "box" for name, _ in self.shapes)

    @cached_property
    def geometries(self) -> Any:
        """All shapes as shapely geometries."""
        import numpy as np  # noqa: PLC0415
        import shapely  # noqa: PLC0415

        polygons = [_rings(shape) for shape in self.shapes]
        rings = [ring for polygon in polygons for ring in polygon]
        points = np.array([point for ring in rings for point in (*ring, ring[0])], dtype=float).reshape(-1, 2)
        ring_ends = np.cumsum([0, *(len(ring) + 1 for ring in rings)])
        polygon_ends = np.cumsum([0, *(len(polygon) for polygon in polygons)])
        return shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (ring_ends, polygon_ends))

    @cached_property
    def areas(self) -> Any:
        """The areas of all shapes."""
        import numpy as np  # noqa: PLC0415

        if self.upright:
            return np.array([area(one) for one in self.bounds])
        import shapely  # noqa: PLC0415

        flat = shapely.area(self.geometries)
        # So that an upright box has the same area here as among upright boxes.
        boxes = [at for at, (name, _) in enumerate(self.shapes) if name == "box"]
        flat[boxes] = [area(self.bounds[at]) for at in boxes]
        return flat


def _rings(shape: Shape) -> Sequence[Sequence[Sequence[float]]]:
    name, raw = shape
    if name == "polygon":
        return list(raw)
    if name == "rotated_box":
        return [corners(*raw)]
    left, top, right, bottom = bounds(shape)
    return [[(left, top), (right, top), (right, bottom), (left, bottom)]]


def overlaps(left: Places, right: Places, least: float) -> Overlaps:
    """The pairs with IoU of `least` or more, and the IoU."""
    if not left.shapes or not right.shapes:
        return []
    import numpy as np  # noqa: PLC0415

    one, other = np.array(left.bounds), np.array(right.bounds)
    i, j, share = near(one, other, left.areas, right.areas, least)
    if not (left.upright and right.upright) and len(i):
        share = _exact(left, right, i, j, share)
    enough = share >= least
    return list(zip(i[enough].tolist(), j[enough].tolist(), share[enough].tolist(), strict=True))


def _exact(left: Places, right: Places, i: Any, j: Any, most: Any) -> Any:
    import numpy as np  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    upright = np.array([name == "box" for name, _ in left.shapes])[i]
    upright &= np.array([name == "box" for name, _ in right.shapes])[j]
    others = ~upright
    i, j = i[others], j[others]
    common = shapely.area(shapely.intersection(left.geometries[i], right.geometries[j]))
    share = common / (left.areas[i] + right.areas[j] - common)
    exact = most.copy()
    exact[others] = np.where(share > 1 - ROUNDING, 1.0, share)
    return exact


def agreement(left: Places, i: int, right: Places, j: int) -> float:
    """The IoU of one pair."""
    (one, raw), (other, other_raw) = left.shapes[i], right.shapes[j]
    if one == other == "box":
        return overlap(left.bounds[i], right.bounds[j])
    if one == other and raw == other_raw:
        return 1.0
    common = left.geometries[i].intersection(right.geometries[j]).area
    share = float(common / (left.areas[i] + right.areas[j] - common))
    return 1.0 if share > 1 - ROUNDING else share
