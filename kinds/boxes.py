"""Overlapping rectangles, found in blocks with numpy.
A rectangle is (left, top, right, bottom). A shape covers a given area of its rectangle, so the overlap of the
rectangles with these areas is an upper bound for the shapes; for rectangles themselves it is exact."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Indices = NDArray[np.intp]

Rectangle = tuple[float, float, float, float]

# Left rectangles compared at a time.
_BLOCK = 128
# Maximum number of right rectangles per left one: those with the largest overlap. More does not occur in real data,
# and all pairs of two times ten thousand would not fit into memory.
_MOST_NEAR = 64
# Rounding tolerance.
ROUNDING = 1e-9


def overlap(one: Rectangle, other: Rectangle) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (area(one) + area(other) - common)


def area(one: Rectangle) -> float:
    """The area."""
    return (one[2] - one[0]) * (one[3] - one[1])


def near(
    left: "Numbers", right: "Numbers", left_areas: "Numbers", right_areas: "Numbers", least: float
) -> "tuple[Indices, Indices, Numbers]":
    """Indices of the left and right rectangles that may overlap by `least` or more, with an upper bound of the overlap.
    Sweeps from left to right: each block of left rectangles is compared with the right ones that start before its last
    end and end after its first start."""
    import numpy as np  # noqa: PLC0415

    order, right_order = np.argsort(left[:, 0], kind="stable"), np.argsort(right[:, 0], kind="stable")
    right, right_areas = right[right_order], right_areas[right_order]
    ends = np.maximum.accumulate(right[:, 2]) if len(right) else right[:, 2]
    found: list[tuple[Any, Any, Any]] = []
    for at in range(0, len(order), _BLOCK):
        rows = order[at : at + _BLOCK]
        block = left[rows]
        first = int(np.searchsorted(ends, block[:, 0].min(), side="right"))
        stop = int(np.searchsorted(right[:, 0], block[:, 2].max(), side="left"))
        if first >= stop:
            continue
        shares = _shares(block, right[first:stop], left_areas[rows], right_areas[first:stop])
        i, j = np.nonzero(shares >= _enough(shares, least - ROUNDING))
        found.append(_nearest(rows[i], right_order[first + j], shares[i, j]))
    if not found:
        nothing = np.empty(0, dtype=np.intp)
        return nothing, nothing, np.empty(0)
    i, j, most = (np.concatenate(column) for column in zip(*found, strict=True))
    return i, j, most


def _shares(left: "Numbers", right: "Numbers", left_areas: "Numbers", right_areas: "Numbers") -> "Numbers":
    import numpy as np  # noqa: PLC0415

    width = np.minimum(left[:, None, 2], right[None, :, 2]) - np.maximum(left[:, None, 0], right[None, :, 0])
    height = np.minimum(left[:, None, 3], right[None, :, 3]) - np.maximum(left[:, None, 1], right[None, :, 1])
    common = np.maximum(width, 0) * np.maximum(height, 0)
    np.minimum(common, left_areas[:, None], out=common)
    np.minimum(common, right_areas[None, :], out=common)
    share: Numbers = common / (left_areas[:, None] + right_areas[None, :] - common)
    return share


def _enough(shares: "Numbers", least: float) -> "Numbers | float":
    """The minimum share: above `least` for rows with too many pairs."""
    import numpy as np  # noqa: PLC0415

    if shares.shape[1] <= _MOST_NEAR or np.count_nonzero(shares >= least, axis=1).max() <= _MOST_NEAR:
        return least
    at = shares.shape[1] - _MOST_NEAR
    return np.maximum(np.partition(shares, at, axis=1)[:, at : at + 1], least)


def _nearest(i: "Indices", j: "Indices", most: "Numbers") -> "tuple[Indices, Indices, Numbers]":
    """The pairs, reduced for left rectangles with too many, all equal; those with similar indices stay."""
    import numpy as np  # noqa: PLC0415

    if len(i) <= _MOST_NEAR or np.bincount(i).max() <= _MOST_NEAR:
        return i, j, most
    order = np.lexsort((np.abs(i - j), -most, i))
    i, j, most = i[order], j[order], most[order]
    begins = np.flatnonzero(np.r_[True, i[1:] != i[:-1]])
    place = np.arange(len(i)) - np.repeat(begins, np.diff(np.r_[begins, len(i)]))
    stays = place < _MOST_NEAR
    return i[stays], j[stays], most[stays]
