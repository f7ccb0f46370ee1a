"""Paired figures, against values worked out by hand."""

import pytest

from measuring.estimation import mcnemar, paired_difference


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        # 2 * (1 + 15 + 105 + 455) / 2^15; of five all one way: 2 / 32; even splits: 1.
        (3, 12, 1152 / 32768),
        (12, 3, 1152 / 32768),
        (0, 5, 2 / 32),
        (4, 4, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_counts_the_ways(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == p


def test_mcnemar_of_thousands_is_a_number() -> None:
    assert mcnemar(0, 5_000) == 0.0
    assert 0.9 < mcnemar(2_499, 2_501) <= 1.0


def test_the_difference_is_the_second_less_the_first() -> None:
    found = paired_difference(both=8, only_first=2, only_second=7, neither=3)
    turned = paired_difference(both=8, only_first=7, only_second=2, neither=3)
    assert (found.value, found.n) == (0.25, 20)
    assert found.low is not None
    assert found.high is not None
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert found.low < 0.0 < 0.25 < found.high


def test_newcombes_own_example() -> None:
    # Statistics in Medicine 17, 1998, table III: 36, 12, 2, 0 gives 0.0569 to 0.3404 by method 10.
    found = paired_difference(both=36, only_first=2, only_second=12, neither=0)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)


def test_two_that_always_agree_differ_by_nothing_for_certain_where_both_vary() -> None:
    # The Wilson intervals are [.299, .701] of .5: with phi (100 - 10) / 100 = .9 either side is .2007 * sqrt(.2).
    found = paired_difference(both=10, only_first=0, only_second=0, neither=10)
    assert (found.value, found.low, found.high) == pytest.approx((0, -0.0897, 0.0897), abs=5e-4)


def test_too_few_have_no_difference() -> None:
    found = paired_difference(both=5, only_first=1, only_second=2, neither=1)
    assert (found.value, found.n) == (None, 9)
