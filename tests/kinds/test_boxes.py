"""Which rectangles lie on one another, held against comparing each with each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds.boxes import Rectangle, area, near, overlap

rectangles = st.lists(
    st.builds(
        lambda x, y, width, height: (x, y, x + width, y + height),
        st.floats(0, 30, width=32),
        st.floats(0, 30, width=32),
        st.floats(0.5, 20, width=32),
        st.floats(0.5, 20, width=32),
    ),
    min_size=1,
    max_size=30,
)


def found(left: list[Rectangle], right: list[Rectangle], least: float) -> dict[tuple[int, int], float]:
    areas, other_areas = (np.array([area(one) for one in side]) for side in (left, right))
    i, j, share = near(np.array(left), np.array(right), areas, other_areas, least)
    return dict(zip(zip(i.tolist(), j.tolist(), strict=True), share.tolist(), strict=True))


@given(rectangles, rectangles, st.floats(0.01, 1))
def test_the_pairs_are_those_of_comparing_each_with_each(
    left: list[Rectangle], right: list[Rectangle], least: float
) -> None:
    told = found(left, right, least)
    each = {(i, j): overlap(one, other) for i, one in enumerate(left) for j, other in enumerate(right)}
    assert {pair for pair, share in told.items() if share >= least} == {
        pair for pair, share in each.items() if share >= least
    }
    assert all(share == each[pair] for pair, share in told.items())


@given(rectangles)
def test_a_rectangle_overlaps_wholly_with_itself(some: list[Rectangle]) -> None:
    assert all(found(some, some, 1.0)[at, at] == 1 for at in range(len(some)))


def test_more_rectangles_than_are_compared_at_a_time() -> None:
    grid = [(float(x), float(y), x + 10.0, y + 10.0) for x in range(0, 400, 10) for y in range(0, 100, 10)]
    shifted = [(x + 1, y, right + 1, bottom) for x, y, right, bottom in reversed(grid)]
    told = found(grid, shifted, 0.5)
    assert told == {(at, len(grid) - 1 - at): pytest.approx(90 / 110) for at in range(len(grid))}


def test_of_very_many_on_one_spot_each_has_the_nearest() -> None:
    """Two times ten thousand would be a hundred million pairs."""
    heap = [(at * 0.1, 0.0, 100 + at * 0.1, 100.0) for at in range(300)]
    told = found(heap, heap, 0.5)
    for i in range(300):
        mine = {j: share for (one, j), share in told.items() if one == i}
        assert len(mine) == 64
        assert mine[i] == 1
        assert max(abs(j - i) for j in mine) <= 64


def test_nor_are_there_more_where_all_are_equal() -> None:
    heap = [(0.0, 0.0, 1.0, 1.0)] * 200
    told = found(heap, heap, 0.5)
    assert len(told) == 200 * 64
    assert all((at, at) in told for at in range(200))


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0),
        ((0, 0, 2, 2), (0, 3, 2, 5), 0),
        ((0, 0, 4, 4), (1, 1, 3, 3), 0.25),
    ],
)
def test_what_both_cover_over_what_either_does(one: Rectangle, other: Rectangle, share: float) -> None:
    assert overlap(one, other) == overlap(other, one) == pytest.approx(share)


def test_a_wide_one_is_found_beyond_many_that_have_ended() -> None:
    """It begins before them all, and ends after them."""
    wide = (0.0, 0.0, 1000.0, 10.0)
    small = [(at + 1.0, 0.0, at + 2.0, 10.0) for at in range(50)]
    assert found([(400.0, 0.0, 1000.0, 10.0)], [wide, *small], 0.5) == {(0, 0): 0.6}
