"""Estimates: against published values, against the truth, and never without their n."""

import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from measuring.estimation import LEAST, Figure, Group, Stratum, proportion, ratio, stratified, wilson
from review.deciding.agreement import Answer, settle


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(19, 20, 0.764, 0.991), (48, 50, 0.865, 0.989), (97, 100, 0.915, 0.990), (0, 10, 0.0, 0.278)],
)
def test_wilson_gives_the_known_intervals(right: int, n: int, low: float, high: float) -> None:
    found = wilson(right / n, n)
    assert list(found) == pytest.approx([low, high], abs=5e-4)


def by_roots(share: float, n: float) -> tuple[float, float]:
    """Wilson's interval as it is defined: the shares from which this one lies 1.959964 standard errors away."""
    low, high = sorted(np.roots([n + 1.959964**2, -(2 * n * share + 1.959964**2), n * share**2]).real)
    return low, high


@given(st.floats(0, 1), st.floats(0.25, 1e5))
def test_wilson_gives_the_roots_of_its_equation(share: float, n: float) -> None:
    assert wilson(share, n) == pytest.approx(by_roots(share, n), abs=1e-6)


def test_an_interval_leaves_0_to_1_nowhere() -> None:
    assert all(wilson(1.0, n)[1] <= 1.0 and wilson(0.0, n)[0] >= 0.0 for n in range(1, 2_000))
    assert wilson(0.5, 0) == pytest.approx((0, 1), abs=1e-6)


def test_a_proportion_of_ten_is_a_figure() -> None:
    figure = proportion(7, 10)
    assert (figure.value, figure.n) == (0.7, 10)
    assert (figure.low, figure.high) == pytest.approx((0.396772, 0.892210), abs=1e-5)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure(0.12345678, 0.02345678, 0.92345678, 7), (0.123457, 0.023457, 0.923457)),
        (Figure(None, 0.02345678, 0.92345678, 7), (None, 0.023457, 0.923457)),
        (Figure(0.12345678, None, 0.92345678, 7), (0.123457, None, 0.923457)),
        (Figure(0.12345678, 0.02345678, None, 7), (0.123457, 0.023457, None)),
    ],
)
def test_six_digits_go_out(figure: Figure, shown: tuple[float | None, float | None, float | None]) -> None:
    assert figure.as_dict() == {"value": shown[0], "low": shown[1], "high": shown[2], "n": 7}


def test_nothing_is_said_of_nothing() -> None:
    assert proportion(0, 0).value is None
    assert stratified([Stratum(100, 0, 0), Stratum(50, 50, 40)]).value is None


def test_a_census_has_no_interval() -> None:
    assert stratified([Stratum(50, 50, 40)]) == Figure(0.8, 0.8, 0.8, 50)
    # Items that were taken away since have left an empty part.
    assert stratified([Stratum(50, 50, 40), Stratum(0, 0, 0)]) == Figure(0.8, 0.8, 0.8, 50)
    assert ratio([Group(0, 1, 1, 40), Group(0, 0, 1, 10)], {0: 50}, {0: 50}) == Figure(0.8, 0.8, 0.8, 50)
    assert ratio([Group(0, 1, 1, 50)], {0: 60, 1: 9}, {0: 60, 1: 0}) == Figure(1.0, 1.0, 1.0, 50)
    assert ratio([Group(0, 0, 1, 50)], {0: 60}, {0: 60}) == Figure(0.0, 0.0, 0.0, 50)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_ratio_without_a_difference_in_its_sample_keeps_its_size(share: float) -> None:
    figure = ratio([Group(0, share, 1, 20)], {0: 100, 1: 50}, {0: 30, 1: 50})
    assert (figure.value, figure.n) == (share, 20)
    assert (figure.low, figure.high) == pytest.approx(by_roots(share, 20), abs=1e-6)


@pytest.mark.parametrize(("right", "wrong"), [(6, 29), (6, 57), (7, 13), (8, 8), (30, 30)])
def test_parts_that_agree_within_themselves_have_no_variance_whatever_rounding_leaves(right: int, wrong: int) -> None:
    """All checked items of one part are right, all of the other wrong: nothing is known of a spread, and the sample
    counts as what it is, not as the 200 items that it speaks for."""
    figure = ratio([Group(0, 1, 1, right), Group(1, 0, 1, wrong)], {0: 100, 1: 100}, {0: right, 1: wrong})
    assert figure.value == pytest.approx(0.5)
    assert (figure.low, figure.high) == pytest.approx(by_roots(0.5, right + wrong), abs=1e-6)


def test_a_ratio_is_never_more_than_all() -> None:
    figure = ratio([Group(0, 2, 1, 10), Group(0, 1, 1, 10)], {0: 100}, {0: 20})
    assert (figure.value, figure.high, figure.n) == (1.0, 1.0, 20)
    assert figure.low == pytest.approx(by_roots(1.0, 20)[0], abs=1e-6)


def test_a_ratio_needs_something_to_divide_by() -> None:
    assert ratio([Group(0, 0, 0, 50)], {0: 100}, {0: 50}) == Figure(None, None, None, 0)
    assert ratio([Group(0, 1, 1, 50)], {0: 0}, {0: 50}) == Figure(None, None, None, 50)
    assert ratio([Group(0, 0.01, 0.01, 10)], {0: 10}, {0: 10}) == Figure(1.0, 1.0, 1.0, 10)
    assert ratio([Group(0, 1, 1, 7), Group(0, 0, 0, 7)], {0: 99}, {0: 14}) == Figure(None, None, None, 7)


def test_a_sample_without_an_error_keeps_its_size() -> None:
    figure = stratified([Stratum(759, 34, 34)])
    assert figure.value == 1.0
    assert figure.low == pytest.approx(wilson(1.0, 34)[0], abs=0.01)


@given(
    st.lists(
        st.tuples(st.integers(1, 10_000), st.integers(LEAST, 300), st.floats(0, 1)).map(
            lambda t: Stratum(t[0] + t[1], t[1], round(t[1] * t[2]))
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_interval_holds_the_estimate(strata: list[Stratum]) -> None:
    figure = stratified(strata)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert figure.n == sum(stratum.checked for stratum in strata)


def test_the_stratified_estimate_covers_the_truth() -> None:
    """5,000 accepted items of which 150 are checked, 3,000 reviewed by all means: nominal 95%."""
    rng = random.Random(7)
    covered = 0
    for _ in range(1_000):
        right = sum(rng.random() < 0.97 for _ in range(150))
        figure = stratified([Stratum(5_000, 150, right), Stratum(3_000, 3_000, 1_950)])
        assert figure.low is not None
        assert figure.high is not None
        covered += figure.low <= (5_000 * 0.97 + 1_950) / 8_000 <= figure.high
    assert 0.92 <= covered / 1_000 <= 0.99


def test_reviewing_the_hard_items_does_not_bias_the_ratio() -> None:
    """Recall of a class whose items are half in a census of hard ones, half in a sampled rest."""
    groups = [
        Group(stratum=0, numerator=1, denominator=1, n=30),
        Group(stratum=0, numerator=0, denominator=1, n=70),
        Group(stratum=1, numerator=1, denominator=1, n=9),
        Group(stratum=1, numerator=0, denominator=1, n=1),
    ]
    figure = ratio(groups, {0: 100, 1: 100}, {0: 100, 1: 10})
    assert figure.value == pytest.approx((30 + 90) / 200)
    assert figure.low is not None
    assert figure.low < 0.6 < (figure.high or 0)


verdicts = st.one_of(
    st.builds(Answer, st.just("label"), st.sampled_from([{"labels": ["a"]}, {"labels": ["b"]}])),
    st.builds(Answer, st.sampled_from(["reject", "unsure"]), st.none()),
    st.builds(Answer, st.just("label"), st.just({"labels": ["c"]}), st.just(True)),
)


@given(st.lists(verdicts, max_size=6), st.integers(1, 3))
def test_settling_follows_the_answers(answers: list[Answer], needed: int) -> None:
    result = settle(answers, reviews_needed=needed, same=lambda one, other: one == other)
    adjudicated = [answer for answer in answers if answer.adjudicated]
    labels = [answer.value for answer in answers if answer.value is not None]
    if adjudicated:
        assert result.standing == "reviewed"
        assert result.speaker is not None
        assert answers[result.speaker] == adjudicated[-1]
    elif any(answer.verdict == "reject" for answer in answers):
        assert result.standing == "excluded"
    elif len(labels) >= needed:
        assert result.standing == ("reviewed" if all(value == labels[0] for value in labels) else "disputed")
    else:
        assert result.standing in {"open", "unsure"}


def test_the_variance_is_that_of_the_worked_example() -> None:
    """20 of 100 checked, 15 right. Smoothed share 15.5 / 21; variance 0.8 p (1 - p) / 19, with n - 1 and the finite
    population correction: the sample counts as 19 / 0.8 = 23.75 items."""
    figure = stratified([Stratum(100, 20, 15)])
    assert (figure.value, figure.n) == (0.75, 20)
    assert [figure.low, figure.high] == pytest.approx(list(wilson(0.75, 23.75)), abs=1e-12)


def test_the_variance_of_a_ratio_is_that_of_the_worked_example() -> None:
    """The same sample as a ratio. u = (t - 0.75) / 100; sum of u² = 3.75e-4; variance 100² 0.8 3.75e-4 / 19 / 20."""
    groups = [Group(0, 1, 1, 15), Group(0, 0, 1, 5)]
    figure = ratio(groups, {0: 100}, {0: 20})
    assert figure.value == pytest.approx(0.75)
    effective = 0.75 * 0.25 / (100**2 * 0.8 * 3.75e-4 / 19 / 20)
    assert effective == pytest.approx(23.75)
    assert [figure.low, figure.high] == pytest.approx(list(wilson(0.75, effective)), abs=1e-12)


@pytest.mark.parametrize(
    ("strata", "expected"),
    [
        ([(5_000, 150, 145), (3_000, 3_000, 1_950)], (0.847917, 0.828479, 0.865509)),
        ([(759, 34, 33), (241, 50, 31)], (0.886096, 0.813819, 0.932638)),
    ],
)
def test_stratified_figures_are_those_of_an_independent_calculation(
    strata: list[tuple[int, int, int]], expected: tuple[float, float, float]
) -> None:
    """Cochran's formulas in NumPy, whose interval is Wilson's on the effective size of the bare share."""
    figure = stratified([Stratum(*stratum) for stratum in strata])
    assert (figure.value, figure.low, figure.high) == pytest.approx(expected, abs=5e-3)


def by_items(groups: list[Group], populations: dict[int, int], checked: dict[int, int]) -> tuple[float, float]:
    """Hajek's ratio and its variance, from every single checked item and NumPy's variance of a sample."""
    tops, bottoms = {}, {}
    for h, n in checked.items():
        own = [group for group in groups if group.stratum == h for _ in range(group.n)]
        tops[h] = np.array([group.numerator for group in own] + [0.0] * (n - len(own)))
        bottoms[h] = np.array([group.denominator for group in own] + [0.0] * (n - len(own)))
    whole = sum(populations[h] * bottoms[h].mean() for h in checked)
    share = sum(populations[h] * tops[h].mean() for h in checked) / whole
    variance = 0.0
    for h, n in checked.items():
        if n > 1:
            spread = np.var((tops[h] - share * bottoms[h]) / whole, ddof=1)
            variance += populations[h] ** 2 * (1 - n / populations[h]) * spread / n
    return share, variance


@st.composite
def checked_parts(draw: st.DrawFn) -> tuple[list[Group], dict[int, int], dict[int, int]]:
    """Parts with hits (2 of 2, 1 of 1), misses (0 of 1, 0 of 2) and checked items that add nothing to either sum."""
    groups, populations, checked = [], {}, {}
    for h in range(draw(st.integers(1, 3))):
        counts = draw(st.lists(st.integers(0, 12), min_size=5, max_size=5).filter(any))
        kinds = [(2.0, 2.0), (1.0, 1.0), (0.0, 1.0), (0.0, 2.0), (0.0, 0.0)]
        groups += [Group(h, *kind, n) for kind, n in zip(kinds, counts, strict=True) if n and kind != (0.0, 0.0)]
        checked[h] = sum(counts)
        populations[h] = checked[h] + draw(st.sampled_from([0, 1, 30, 1_000]))
    return groups, populations, checked


@given(checked_parts())
def test_a_ratio_is_that_of_a_calculation_item_by_item(
    parts: tuple[list[Group], dict[int, int], dict[int, int]],
) -> None:
    groups, populations, checked = parts
    n = sum(group.n for group in groups)
    assume(n >= LEAST)
    figure = ratio(groups, populations, checked)
    share, variance = by_items(groups, populations, checked)
    assert figure.value == pytest.approx(share)
    assert figure.n == n
    if 0 < share < 1 and variance > 1e-12:
        whole = sum(populations[g.stratum] / checked[g.stratum] * g.denominator * g.n for g in groups)
        expected = by_roots(share, min(share * (1 - share) / variance, whole))
        assert (figure.low, figure.high) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("counts", [(1, 0), (0, 1), (1, 1), (2, 0), (2, 1)])
def test_a_ratio_with_hardly_a_check_in_one_part(counts: tuple[int, int]) -> None:
    """One check of a part says nothing of its spread, two do."""
    groups = [Group(0, 1, 1, 12), Group(0, 0, 1, 5), Group(1, 1, 1, counts[0]), Group(1, 0, 1, counts[1])]
    populations, checked = {0: 300, 1: 100}, {0: 20, 1: sum(counts)}
    share, variance = by_items(groups, populations, checked)
    figure = ratio(groups, populations, checked)
    assert figure.value == pytest.approx(share)
    assert (figure.low, figure.high) == pytest.approx(by_roots(share, share * (1 - share) / variance), abs=1e-6)


@pytest.mark.parametrize(
    ("small", "variance"),
    [
        # One checked of ten: no spread of its own, counted as if there were two. 0.9 p (1 - p) / 1, p = 1.5 / 2.
        (Stratum(10, 1, 1), 0.9 * 0.75 * 0.25),
        # Two of ten: 0.8 p (1 - p) / 1, p = 1.5 / 3.
        (Stratum(10, 2, 1), 0.8 * 0.5 * 0.5),
        # Three of ten: 0.7 p (1 - p) / 2, p = 2.5 / 4.
        (Stratum(10, 3, 2), 0.7 * 0.625 * 0.375 / 2),
    ],
)
def test_a_part_with_hardly_a_check_has_its_variance(small: Stratum, variance: float) -> None:
    """Beside a census of 30 items of which 20 are right."""
    figure = stratified([small, Stratum(30, 30, 20)])
    share = 0.25 * small.right / small.checked + 0.75 * 20 / 30
    smoothed = 0.25 * (small.right + 0.5) / (small.checked + 1) + 0.75 * 20.5 / 31
    effective = smoothed * (1 - smoothed) / (0.25**2 * variance)
    assert figure.value == pytest.approx(share)
    assert figure.n == 30 + small.checked
    assert (figure.low, figure.high) == pytest.approx(by_roots(share, effective), abs=1e-6)


@pytest.mark.parametrize("n", range(LEAST))
def test_fewer_than_ten_checks_are_no_figure(n: int) -> None:
    for figure in (
        proportion(n, n),
        stratified([Stratum(n or 1, n, n)]),
        ratio([Group(0, 1, 1, n)] * (n > 0), {0: 99}, {0: n}),
    ):
        assert (figure.value, figure.low, figure.high, figure.n) == (None, None, None, n)


def test_a_part_without_a_check_makes_the_whole_unknown_however_many_others_have() -> None:
    assert stratified([Stratum(3_000, 3_000, 2_900), Stratum(8, 0, 0)]).value is None
