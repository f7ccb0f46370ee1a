"""The certificate: exact tails, agreement with an independent implementation, and its promise under simulation."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import binom, hypergeom

from measuring.certification import (
    SUREST,
    Certificate,
    Region,
    binomial_tail,
    certify,
    checks_needed,
    errors_allowed,
    hypergeometric_tail,
    incomplete_beta,
    p_value,
)


@given(n=st.integers(1, 5_000), share=st.floats(0, 1.1), rate=st.floats(0.001, 0.5))
def test_the_binomial_tail_is_exact(n: int, share: float, rate: float) -> None:
    k = int(share * n)
    assert binomial_tail(k, n, rate) == pytest.approx(binom.cdf(k, n, rate), rel=1e-7, abs=1e-12)


@given(a=st.floats(0.5, 1e5), b=st.floats(0.5, 1e5), shift=st.floats(-5, 5))
def test_the_incomplete_beta_function_is_exact(a: float, b: float, shift: float) -> None:
    """Where it is neither 0 nor 1: within some standard deviations of the distribution's mean."""
    deviation = (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    x = min(max(a / (a + b) + shift * deviation, 1e-9), 1 - 1e-9)
    assert incomplete_beta(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-6, abs=1e-10)


@given(population=st.integers(1, 3_000), bad=st.floats(0, 1), n=st.floats(0, 1), k=st.floats(0, 1))
def test_the_hypergeometric_tail_is_exact(population: int, bad: float, n: float, k: float) -> None:
    there, drawn = int(bad * population), int(n * population)
    seen = int(k * drawn)
    expected = hypergeom.cdf(seen, population, there, drawn)
    assert hypergeometric_tail(seen, population, there, drawn) == pytest.approx(expected, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize(
    ("target", "fewest"), [(0.90, 29), (0.95, 59), (0.97, 99), (0.98, 149), (0.99, 299), (0.995, 598)]
)
def test_without_an_error_the_known_number_of_checks_proves_it(target: float, fewest: int) -> None:
    assert p_value(0, fewest, target) <= 0.05 < p_value(0, fewest - 1, target)


@pytest.mark.parametrize(
    ("checks", "target", "allowed"),
    [
        (300, 0.95, 8),
        (300, 0.97, 3),
        (300, 0.98, 1),
        (300, 0.99, 0),
        (1000, 0.95, 38),
        (1000, 0.97, 20),
        (58, 0.95, -1),
        (0, 0.95, -1),
        (-1, 0.95, -1),
        # Targets that hardly ask for anything.
        (1, 0.04, 0),
        (2, 0.02, 1),
    ],
)
def test_the_known_numbers_of_errors_are_allowed(checks: int, target: float, allowed: int) -> None:
    assert errors_allowed(checks, target, 0.05) == allowed


@pytest.mark.parametrize(
    ("accuracy", "target", "needed"), [(0.98, 0.95, 234), (0.99, 0.95, 124), (0.99, 0.97, 303), (0.995, 0.97, 157)]
)
def test_the_known_numbers_of_checks_are_needed(accuracy: float, target: float, needed: int) -> None:
    assert checks_needed(accuracy, target) == needed


def needed_by_scan(accuracy: float, target: float, most: int) -> int:
    """The fewest checks that prove the target four times out of five, among those of which one more may be wrong."""
    checks = np.arange(1, most)
    allowed = binom.ppf(0.05, checks, 1 - target)
    allowed = np.where(binom.cdf(allowed, checks, 1 - target) > 0.05, allowed - 1, allowed)
    likely = binom.cdf(allowed, checks, 1 - accuracy) >= 0.8
    grown = np.diff(allowed, prepend=-1) > 0
    return int(checks[likely & grown][0])


@pytest.mark.parametrize(
    ("accuracy", "target", "most"),
    [
        (0.998, 0.9, 100),
        (0.99, 0.95, 1_000),
        (0.985, 0.95, 1_000),
        (0.98, 0.95, 1_000),
        (0.975, 0.95, 1_000),
        (0.97, 0.95, 1_000),
        (0.965, 0.95, 2_000),
        (0.96, 0.95, 4_000),
        (0.9522, 0.95, 70_000),
        (0.6, 0.5, 1_000),
        (0.35, 0.3, 1_000),
    ],
)
def test_the_numbers_of_checks_needed_are_those_of_a_scan(accuracy: float, target: float, most: int) -> None:
    needed = checks_needed(accuracy, target)
    assert needed == needed_by_scan(accuracy, target, most)
    assert type(needed) is int


def test_of_hardly_a_target_the_number_of_checks_is_about_that_of_a_scan() -> None:
    assert checks_needed(0.32, 0.3) == pytest.approx(needed_by_scan(0.32, 0.3, 5_000), rel=0.01)


def test_nothing_is_surer_than_sure() -> None:
    assert checks_needed(1.0, 0.99) == checks_needed(SUREST, 0.99) == needed_by_scan(SUREST, 0.99, 2_000)
    assert checks_needed(1.0, SUREST) is None


def test_what_cannot_be_proven_is_not_asked_for() -> None:
    # It would take some 150,000 checks.
    assert checks_needed(0.9514, 0.95) is None
    assert checks_needed(0.9, 0.95) is None
    assert checks_needed(0.95, 0.95) is None
    assert checks_needed(0.9501, 0.95) is None


def test_a_tail_is_never_more_than_all_nor_less_than_all_at_its_end() -> None:
    """Sums of thousands of small numbers end beside 1, above or below it."""
    assert hypergeometric_tail(2_868, 3_000, 2_926, 2_926) == 1.0
    assert hypergeometric_tail(34, 50, 37, 34) == 1.0
    assert binomial_tail(13, 15, 0.05) == 1.0
    assert incomplete_beta(2.2497591073112144e-15, 4.9165764132115815, 0.024310429926176963) <= 1.0


@pytest.mark.parametrize(("k", "rate", "share"), [(1, 0.0, 1.0), (1, 1.0, 0.0), (2, 1.0, 0.0), (3, 1.0, 1.0)])
def test_what_never_happens_and_what_always_does(k: int, rate: float, share: float) -> None:
    assert binomial_tail(k, 3, rate) == share


def test_of_items_that_are_all_wrong_below_the_target_one_right_one_proves_it() -> None:
    """Two or three wrong ones of three are below a target of 0.4, three of them below one of 0.2."""
    assert p_value(1, 1, 0.2, population=3) == 1.0
    assert p_value(0, 1, 0.2, population=3) == 0.0
    assert p_value(0, 1, 0.4, population=3) == pytest.approx(1 / 3)


def test_one_region_is_proven_by_its_checks() -> None:
    """No error in 59 and in 58 checks; 0.95 to these powers is 0.0485 and 0.0510."""
    proven = certify([Region(0.9, 5_000, 59, 0, 0.99)], 0.95)
    assert (proven.proven, proven.start) == (0, 0)
    assert proven.p_values == pytest.approx((0.95**59,), rel=1e-12)
    unproven = certify([Region(0.9, 5_000, 58, 0, 0.99)], 0.95)
    assert (unproven.proven, unproven.start) == (None, 0)
    assert unproven.p_values == pytest.approx((0.95**58,), rel=1e-12)


def test_of_few_items_fewer_checks_prove_as_much_where_the_sample_is_of_exactly_these() -> None:
    """40 of 100 without an error: 6 wrong ones would have shown but for C(60, 6) of C(100, 6) draws."""
    region = Region(0.9, 100, 40, 0, 0.99)
    assert certify([region], 0.95).proven is None
    found = certify([region], 0.95, finite=True)
    assert found.proven == 0
    assert found.p_values == pytest.approx((comb(60, 6) / comb(100, 6),), rel=1e-9)


def test_what_is_exactly_as_unlikely_as_it_may_be_is_proven() -> None:
    region = Region(0.9, 5_000, 30, 0, 0.99)
    level = p_value(0, 30, 0.95)
    assert certify([region], 0.95, alpha=level).proven == 0
    assert certify([region], 0.95, alpha=level * (1 - 1e-12)).proven is None


@pytest.mark.parametrize(
    ("checked", "wrong", "proven"),
    # p = 0.0476, 0.0462 and 0.0300: below 500 checks 0.05 is enough, from there on four fifths of it.
    [(499, 34, 0), (500, 34, None), (500, 33, 0)],
)
def test_from_500_checks_on_the_first_chain_has_four_fifths(checked: int, wrong: int, proven: int | None) -> None:
    assert certify([Region(0.9, 5_000, checked, wrong, 0.99)], 0.91).proven == proven


@pytest.mark.parametrize(("checked", "proven"), [(499, None), (500, 1)])
def test_from_500_checks_on_a_second_chain_starts_stricter(checked: int, proven: int | None) -> None:
    """The prediction is too bold: all items fail, where the first chain starts, and three fifths of the way hold."""
    regions = [
        Region(0.9, 1_000, 100, 0, 0.99),
        Region(0.8, 3_000, 300, 5, 0.99),
        Region(0.7, 5_000, checked, 100, 0.99),
    ]
    found = certify(regions, 0.91)
    assert (found.proven, found.start) == (proven, 2)
    # Whoever gives the shares is given them.
    assert certify(regions, 0.91, split=(0.8, 0.2)).proven == 1
    assert certify(regions, 0.91, split=(1.0, 0.0)).proven is None


def test_nothing_is_proven_of_nothing() -> None:
    assert certify([], 0.95) == Certificate(None, 0, ())
    assert certify([Region(0.9, 100, 0, 0, 0.99)], 0.95) == Certificate(None, 0, (1.0,))
    empty = [Region(0.9, 0, 0, 0, 0.9), Region(0.5, 0, 0, 0, 0.1)]
    assert certify(empty, 0.04) == Certificate(None, 1, (1.0, 1.0))
    assert p_value(3, 3, 0.95, population=3) == 1.0
    assert p_value(0, 1, 0.0, population=3) == 0.0


def regions_of(errors: np.ndarray, ranks: np.ndarray, sizes: np.ndarray, expected: np.ndarray) -> list[Region]:
    """The top `sizes` items of a ranking, with the checks that fell into each."""
    return [
        Region(1 - index / len(sizes), int(size), int((ranks < size).sum()), int(errors[ranks < size].sum()), share)
        for index, (size, share) in enumerate(zip(sizes, expected, strict=True))
    ]


def independent(
    regions: list[Region], target: float, alpha: float, split: tuple[float, float], *, finite: bool
) -> tuple[int, int]:
    """The same procedure written over again with scipy: (proven region or -1, start)."""
    sizes = np.array([region.items for region in regions])
    checked, wrong = (np.array([getattr(region, name) for region in regions]) for name in ("checked", "wrong"))
    if finite:
        worst = np.floor((1 - target) * sizes + 1e-9).astype(int) + 1
        found = hypergeom.cdf(wrong, sizes, worst, checked)
    else:
        found = binom.cdf(wrong, checked, 1 - target)
    found = np.where(checked == 0, 1.0, found)
    powers = []
    for region, planned in zip(regions, np.round(checked[-1] * sizes / sizes[-1]).astype(int), strict=True):
        allowed = int(binom.ppf(alpha, planned, 1 - target)) if planned else -1
        if allowed >= 0 and binom.cdf(allowed, planned, 1 - target) > alpha:
            allowed -= 1
        powers.append(binom.cdf(allowed, planned, 1 - min(region.expected, 0.998)) if allowed >= 0 else 0.0)
    start = int(np.nonzero(np.array(powers) >= max(powers) - 0.02)[0][-1])
    best = -1
    for first, level in ((start, split[0] * alpha), (int(0.6 * start), split[1] * alpha)):
        for index in range(first, len(regions)):
            if found[index] > level:
                break
            best = max(best, index)
    return best, start


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("finite", [False, True])
def test_an_independent_implementation_agrees(seed: int, finite: bool) -> None:
    random = np.random.default_rng(seed)
    total = 12_000
    accuracy = 0.998 - 0.25 * np.linspace(0, 0.6, total) ** 3
    errors = random.random(total) > accuracy
    ranks = random.choice(total, 800, replace=False)
    sizes = np.ceil(np.linspace(1 / 40, 1, 40) * total).astype(int)
    expected = np.array([accuracy[:size].mean() for size in sizes])
    regions = regions_of(errors[ranks], ranks, sizes, expected)
    for target in (0.95, 0.97, 0.985):
        mine = certify(regions, target, finite=finite, split=(0.8, 0.2))
        best, start = independent(regions, target, 0.05, (0.8, 0.2), finite=finite)
        assert (-1 if mine.proven is None else mine.proven, mine.start) == (best, start)


@pytest.mark.slow
@pytest.mark.parametrize("checks", [200, 600])
def test_it_certifies_falsely_at_most_as_often_as_it_may(checks: int) -> None:
    """The worst case: every region is just below the target, so that whatever is certified is false."""
    random = np.random.default_rng(5)
    total, target, alpha, repeats = 10_000, 0.95, 0.05, 1_500
    sizes = np.ceil(np.linspace(1 / 20, 1, 20) * total).astype(int)
    false = 0
    for _ in range(repeats):
        ranks = random.choice(total, checks, replace=False)
        errors = random.random(checks) < 1 - target + 1e-9
        regions = regions_of(errors, ranks, sizes, np.full(len(sizes), 0.97))
        false += certify(regions, target, alpha=alpha).proven is not None
    # Four standard errors of the simulation itself.
    assert false / repeats <= alpha + 4 * np.sqrt(alpha * (1 - alpha) / repeats)
    assert false / repeats > 0.005, "a test that never certifies has no power either"


def test_a_good_machine_is_certified_most_of_the_time() -> None:
    random = np.random.default_rng(6)
    total, found = 10_000, 0
    sizes = np.ceil(np.linspace(1 / 20, 1, 20) * total).astype(int)
    for _ in range(100):
        ranks = random.choice(total, 400, replace=False)
        regions = regions_of(random.random(400) < 0.015, ranks, sizes, np.full(len(sizes), 0.985))
        found += certify(regions, 0.95).proven is not None
    assert found >= 95
