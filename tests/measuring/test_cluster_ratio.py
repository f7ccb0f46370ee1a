"""Shares of elements that come by the item: exactly the textbook's arithmetic, and honest intervals."""

import math
import random
from collections.abc import Sequence

import pytest

from measuring.estimation import LEAST, Figure, Moments, cluster_mean, cluster_ratio, student, wilson

Item = tuple[float, float]


def moments(population: float, items: Sequence[Item]) -> Moments:
    """The sums over these checked items, each (x, y)."""
    return Moments(
        population=population,
        checked=len(items),
        items=sum(y > 0 for _, y in items),
        x=sum(x for x, _ in items),
        y=sum(y for _, y in items),
        xx=sum(x * x for x, _ in items),
        xy=sum(x * y for x, y in items),
        yy=sum(y * y for _, y in items),
    )


def drawn(chance: random.Random, n: int, *, share: float, alike: float, size: float = 5.0) -> list[Item]:
    """Items with about `size` elements, of which about `share` count; `alike`: how much those of an item are (the
    correlation within it)."""
    found: list[Item] = []
    for _ in range(n):
        y = _poisson(chance, size)
        own = chance.betavariate(share * (1 - alike) / alike, (1 - share) * (1 - alike) / alike) if alike else share
        found.append((sum(chance.random() < own for _ in range(y)), y))
    return found


def _poisson(chance: random.Random, mean: float) -> int:
    level, n, product = math.exp(-mean), 0, chance.random()
    while product > level:
        n, product = n + 1, product * chance.random()
    return n


def by_hand(strata: Sequence[tuple[int, Sequence[Item]]], *, smoothed: bool) -> Figure:
    """Item by item, as the books have it."""
    weights = [population / len(items) for population, items in strata]
    total = sum(w * y for w, (_, items) in zip(weights, strata, strict=True) for _, y in items)
    right = sum(w * x for w, (_, items) in zip(weights, strata, strict=True) for x, _ in items)
    sizes = []
    for _, items in strata:
        held = [y for _, y in items if y > 0]
        sizes.append(math.sqrt(sum(y * y for y in held) / len(held)) if smoothed and held else 0.0)
    more = sum(w * size for w, size in zip(weights, sizes, strict=True))
    middle = (right + more / 2) / (total + more)
    variance = 0.0
    for (population, items), size in zip(strata, sizes, strict=True):
        residuals = [(x - middle * y) for x, y in items]
        mean = sum(residuals) / len(residuals)
        squares = sum((one - mean) ** 2 for one in residuals)
        squares += ((size - middle * size) ** 2 + (middle * size) ** 2) / 2
        correction = 1 - len(items) / population
        variance += population**2 * correction * squares / (len(items) - 1) / len(items)
    variance /= total**2
    n = sum(y > 0 for _, items in strata for _, y in items)
    low, high = wilson(right / total, min(middle * (1 - middle) / variance, total), student(n - 1))
    return Figure(right / total, low, high, n)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("smoothed", [True, False])
def test_the_sums_give_what_the_items_give(seed: int, smoothed: bool) -> None:
    chance = random.Random(seed)
    strata = [
        (chance.randint(100, 5_000), drawn(chance, chance.randint(15, 80), share=share, alike=0.3))
        for share in (0.95, 0.6, 0.8)
    ]
    found = cluster_ratio([moments(*stratum) for stratum in strata], smoothed=smoothed)
    expected = by_hand(strata, smoothed=smoothed)
    assert found.n == expected.n
    for name in ("value", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_strata_add_up() -> None:
    """Sums of two cells of one stratum are those of the stratum."""
    chance = random.Random(5)
    one, other = (drawn(chance, n, share=0.8, alike=0.2) for n in (30, 45))
    whole, a, b = moments(900, [*one, *other]), moments(900, one), moments(900, other)
    for name in ("checked", "items", "x", "y", "xx", "xy", "yy"):
        assert getattr(whole, name) == pytest.approx(getattr(a, name) + getattr(b, name))


def test_few_items_say_nothing_however_many_elements() -> None:
    nine = moments(1_000, [(190, 200)] * 9 + [(0, 0)] * 40)
    assert cluster_ratio([nine]) == Figure(None, None, None, LEAST - 1)


def test_all_of_them_leave_nothing_open() -> None:
    found = cluster_ratio([moments(20, [(3, 4)] * 20)])
    assert (found.value, found.low, found.high) == (0.75, 0.75, 0.75)


def test_no_error_is_no_certainty() -> None:
    found = cluster_ratio([moments(1_000, [(5, 5)] * 30)])
    assert found.value == found.high == 1
    assert found.low is not None
    assert 0.8 < found.low < 0.99


def test_elements_that_are_alike_say_less() -> None:
    """Of the same elements, those that go wrong together leave a wider interval."""
    apart = cluster_ratio([moments(10_000, [(4, 5)] * 100)])
    together = cluster_ratio([moments(10_000, [(5, 5)] * 80 + [(0, 5)] * 20)])
    assert apart.value == together.value
    assert None not in (apart.low, apart.high, together.low, together.high)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)  # type: ignore[operator]


def test_students_quantiles() -> None:
    """Those of the printed tables."""
    for freedom, quantile in ((9, 2.262), (20, 2.086), (60, 2.000), (1_000, 1.962)):
        assert student(freedom) == pytest.approx(quantile, abs=1e-3)


def test_a_mean_is_weighed_like_a_share() -> None:
    few, many = [(4.0, 0.0)] * 15, [(0.0, 0.0)] * 15
    found = cluster_mean([moments(100, few), moments(300, many)])
    assert found.value == pytest.approx(1.0)
    assert cluster_mean([moments(100, few), moments(300, [])]).value is None
    spread = cluster_mean([moments(10_000, [(0.0, 0.0), (2.0, 0.0)] * 50)])
    assert spread.value == pytest.approx(1.0)
    assert spread.high == pytest.approx(1 + student(99) * math.sqrt(100 / 99 / 100 * 0.99), rel=1e-6)


def coverage(*, share: tuple[float, float], alike: float, checked: tuple[int, int], runs: int = 1_000) -> float:
    """How often the interval holds the true share of a population of two strata."""
    chance = random.Random(11)
    population = [drawn(chance, n, share=one, alike=alike) for n, one in zip((4_000, 1_000), share, strict=True)]
    truth = sum(x for items in population for x, _ in items) / sum(y for items in population for _, y in items)
    held = 0
    for _ in range(runs):
        found = cluster_ratio(
            [moments(len(items), chance.sample(items, n)) for items, n in zip(population, checked, strict=True)]
        )
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    return held / runs


# The design effect is 1 + alike * (elements an item - 1, and their spread): about 1, 1.5, 2.5 and 4.
@pytest.mark.chaos
@pytest.mark.parametrize("alike", [0.0, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("share", [(0.98, 0.7), (0.95, 0.5), (0.9, 0.8)])
@pytest.mark.parametrize("checked", [(60, 60), (200, 100), (100, 400)])
def test_the_interval_holds_the_truth(share: tuple[float, float], alike: float, checked: tuple[int, int]) -> None:
    assert coverage(share=share, alike=alike, checked=checked) >= 0.93


def test_the_interval_holds_the_truth_where_elements_go_wrong_together() -> None:
    assert coverage(share=(0.95, 0.6), alike=0.6, checked=(100, 60), runs=400) >= 0.92
