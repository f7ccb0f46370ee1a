"""Estimates: against published values, against the truth, and never without their n."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.agreement import Answer, settle
from review.estimation import LEAST, Group, Stratum, proportion, ratio, stratified, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(19, 20, 0.764, 0.991), (48, 50, 0.865, 0.989), (97, 100, 0.915, 0.990), (0, 10, 0.0, 0.278)],
)
def test_wilson_gives_the_known_intervals(right: int, n: int, low: float, high: float) -> None:
    found = wilson(right / n, n)
    assert list(found) == pytest.approx([low, high], abs=5e-4)


def test_nothing_is_said_of_nothing() -> None:
    assert proportion(0, 0).value is None
    assert stratified([Stratum(100, 0, 0), Stratum(50, 50, 40)]).value is None


def test_a_census_has_no_interval() -> None:
    figure = stratified([Stratum(50, 50, 40)])
    assert (figure.value, figure.low, figure.high) == (0.8, 0.8, 0.8)


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
    """5,000 accepted items of which 150 are checked, 3,000 reviewed by all means: nominal 95 %."""
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
