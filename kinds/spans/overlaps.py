"""Overlapping spans."""

from collections.abc import Sequence

from kinds.boxes import near
from kinds.elements import Overlaps

Ends = tuple[int, int]


def equal_ends(left: Sequence[Ends], right: Sequence[Ends]) -> Overlaps:
    """The spans with the same ends."""
    where: dict[Ends, list[int]] = {}
    for j, ends in enumerate(right):
        where.setdefault(ends, []).append(j)
    return [(i, j, 1.0) for i, ends in enumerate(left) for j in where.get(ends, ())]


def overlapping(left: Sequence[Ends], right: Sequence[Ends], least: float) -> Overlaps:
    """The spans that overlap by `least` or more, computed as rectangles of equal height."""
    import numpy as np  # noqa: PLC0415

    if not left or not right:
        return []
    one, other = (np.array([(start, 0, end, 1) for start, end in ends], dtype=float) for ends in (left, right))
    i, j, share = near(one, other, one[:, 2] - one[:, 0], other[:, 2] - other[:, 0], least)
    enough = share >= least
    return list(zip(i[enough].tolist(), j[enough].tolist(), share[enough].tolist(), strict=True))
