"""Masks cover as polygons exactly what pycocotools says that they cover."""

from itertools import groupby
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as masks

from exchange.formats.coco.masks import parts_of_mask


def runs(mask: Any) -> list[int]:
    """Its runs, with one of length 0 before a first pixel that is covered."""
    told = [(value, len(list(some))) for value, some in groupby(mask.flatten(order="F").tolist())]
    return [*([0] if told[0][0] else []), *(length for _, length in told)]


@st.composite
def drawn(draw: st.DrawFn) -> Any:
    """Blots and holes of any shape, and single pixels."""
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    mask = np.zeros((height, width), dtype=np.uint8, order="F")
    for _ in range(draw(st.integers(0, 6))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        down, across = draw(st.integers(1, 12)), draw(st.integers(1, 12))
        mask[top : top + down, left : left + across] = draw(st.integers(0, 3)) > 0
    for _ in range(draw(st.integers(0, 8))):
        mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] ^= 1
    return mask


@given(drawn(), st.booleans())
def test_a_mask_covers_the_same_pixels_as_polygons(mask: Any, packed: bool) -> None:
    told = masks.encode(mask)
    counts = told["counts"].decode() if packed else runs(mask)
    parts = parts_of_mask({"size": list(mask.shape), "counts": counts})
    found = parts.polygons
    shape = shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in found])
    areas = [shapely.Polygon(one[0], one[1:]).area for one in found]
    missing = masks.area(told) - shape.area
    assert shape.area == sum(areas)
    # Specks are smaller than a twentieth of the largest piece each.
    assert (missing == 0) == (parts.specks == 0)
    assert missing <= parts.specks * max(areas, default=0) / 20
    rows, columns = np.indices(mask.shape)
    covered = shapely.contains_xy(shape, columns + 0.5, rows + 0.5)
    assert (covered <= mask.astype(bool)).all()
    assert covered.sum() == shape.area


def test_pieces_come_by_size_with_their_holes_and_without_specks() -> None:
    mask = np.zeros((40, 60), dtype=np.uint8, order="F")
    mask[2:10, 2:8] = 1
    mask[10:30, 20:50] = 1
    mask[15:20, 25:30] = 0
    mask[36, 3] = 1
    parts = parts_of_mask({"size": [40, 60], "counts": masks.encode(mask)["counts"].decode()})
    large, small = parts.polygons
    assert parts.specks == 1
    assert [len(ring) for ring in large] == [4, 4]
    assert sorted(small[0]) == [[2, 2], [2, 10], [8, 2], [8, 10]]


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        ({"size": [4], "counts": [16]}, "size is not"),
        ({"size": [4, "4"], "counts": [16]}, "size is not"),
        ({"size": [0, 4], "counts": []}, "size is 0 × 4"),
        ({"size": [4, 1_000_000], "counts": [4_000_000]}, "size is 4 × 1000000"),
        ({"size": [4, 4], "counts": [5, 5]}, "not those of an image"),
        ({"size": [4, 4], "counts": [20, -4]}, "not those of an image"),
        ({"size": [4, 4], "counts": [8.0, 8.0]}, "neither numbers nor text"),
        ({"size": [4, 4], "counts": None}, "neither numbers nor text"),
        ({"size": [4, 4], "counts": "é"}, "no packed numbers"),
        ({"size": [4, 4], "counts": "oooooooooooo"}, "no packed numbers"),
        ({"size": [4, 4], "counts": "o"}, "break off"),
        ({"size": [1_000, 1_000], "counts": [10] * 100_000}, "more than 50,000 runs"),
        ({"size": [101, 100], "counts": [3, 1] * 2_525}, "pieces"),
    ],
)
def test_what_is_no_mask_is_said_to_be_none(mask: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parts_of_mask(mask)
