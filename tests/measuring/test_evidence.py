"""The e-process of audits without replacement: its figures, its shape, and how often it proves what is false."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measuring.evidence import (
    Audit,
    log_evidence,
    log_evidence_against,
    set_sizes,
    tolerated_wrong,
)

# Worked out once with SciPy's gammaln and logsumexp, by a program of its own.
FIGURES = [
    ((0, 60, 5_500, 0.05), 1.6635274448418613),
    ((3, 200, 5_500, 0.05), 2.7999438735373587),
    ((12, 400, 8_800, 0.03), -1.3817112362630724),
    ((1, 99, 250, 0.03), 0.7130721828368678),
    ((40, 600, 11_000, 0.05), -4.061182814397398),
]


@pytest.mark.parametrize(("audit", "expected"), FIGURES)
def test_figures_of_another_program(audit: tuple[int, int, int, float], expected: float) -> None:
    wrong, drawn, size, tolerated = audit
    found = log_evidence(wrong=wrong, drawn=drawn, size=size, tolerated=tolerated)
    assert found == pytest.approx(expected, abs=1e-9)


@st.composite
def audits(draw: st.DrawFn) -> tuple[int, int, int]:
    """Wrong, drawn, size."""
    size = draw(st.integers(1, 3_000))
    drawn = draw(st.integers(0, size))
    return draw(st.integers(0, drawn)), drawn, size


@given(audits(), st.sampled_from([0.01, 0.03, 0.05, 0.1]))
@settings(max_examples=300, deadline=None)
def test_the_more_wrong_ones_are_found_the_weaker_the_evidence(audit: tuple[int, int, int], tolerated: float) -> None:
    wrong, drawn, size = audit
    found = [
        log_evidence(wrong=more, drawn=drawn, size=size, tolerated=tolerated)
        for more in range(wrong, min(wrong + 4, drawn) + 1)
    ]
    # Once the unseen are too few to break the promise nothing more can be said against it.
    assert all(one >= other - 1e-9 or other == math.inf for one, other in pairwise(found))


@given(audits(), st.sampled_from([0.02, 0.05, 0.2]))
@settings(max_examples=300, deadline=None)
def test_what_rules_out_a_number_rules_out_every_larger_one(audit: tuple[int, int, int], tolerated: float) -> None:
    """What the bound rests on: it is drawn below the first number that is ruled out."""
    wrong, drawn, size = audit
    broken = wrong + tolerated_wrong(size - drawn, tolerated) + 1
    enough = math.log(20)
    if log_evidence_against(broken, wrong=wrong, drawn=drawn, size=size) < enough:
        return
    step = max(1, (size - broken) // 40)
    for total in range(broken, size + 1, step):
        assert log_evidence_against(total, wrong=wrong, drawn=drawn, size=size) >= enough


def test_when_all_is_seen_the_promise_is_kept_whatever_was_found() -> None:
    audit = Audit([4, 8], tolerated=0.05, alpha=0.05)
    for rank in range(8):
        audit.note(rank, wrong=rank % 2 == 0)
    audit.look()
    proven = audit.proven()
    assert proven is not None
    assert (proven.size, proven.unseen, proven.wrong) == (8, 0, 4)


def test_the_evidence_is_that_of_the_counts_whatever_the_order() -> None:
    ranks = list(range(200))
    found = []
    for seed in range(3):
        random.Random(seed).shuffle(ranks)
        audit = Audit([500, 1_000], tolerated=0.05, alpha=0.05)
        for rank in ranks:
            audit.note(rank, wrong=rank % 50 == 0)
        audit.look()
        found.append([one.evidence for one in audit.sets])
    assert found[0] == found[1] == found[2]


def test_a_larger_set_waits_for_the_smaller_ones() -> None:
    audit = Audit([100, 10_000], tolerated=0.05, alpha=0.05)
    draw = random.Random(1)
    for rank in draw.sample(range(100, 10_000), 300):
        audit.note(rank, wrong=False)
    audit.look()
    assert audit.sets[1].evidence > math.log(20)
    assert audit.proven() is None
    # The smaller one is seen whole, and is proven by that.
    for rank in range(100):
        audit.note(rank, wrong=False)
    audit.look()
    assert audit.proven() is audit.sets[1]


def test_what_was_proven_of_more_unseen_items_is_said_of_fewer_only_while_it_holds() -> None:
    """Audits that go on find nothing wrong, and leave fewer unseen items for the same number of wrong ones."""
    audit = Audit([200], tolerated=0.05, alpha=0.05)
    one = audit.sets[0]
    for rank in range(200):
        audit.note(rank, wrong=False)
        audit.look()
        if one.ever_proven and one.bound < one.size:
            assert (audit.proven() is one) == (one.unseen_wrong <= math.floor(0.05 * one.unseen + 1e-9))


def test_sizes_of_the_sets() -> None:
    assert set_sizes(100) == (50, 55, 60, 65, 70, 75, *range(80, 101))
    assert set_sizes(1) == (1,)
    assert set_sizes(0) == ()


def project(seed: int, rates: list[float], *, tolerated: float, stop: bool) -> bool:
    """One team audits until the rule says stop; whether what it accepts breaks the promise."""
    draw = random.Random(seed)
    wrong = [draw.random() < rate for rate in rates]
    order = draw.sample(range(len(rates)), len(rates))
    sizes = set_sizes(len(rates))
    expected, total = [], 0.0
    for rank, rate in enumerate(rates, start=1):
        total += rate
        if rank in sizes:
            expected.append(total / rank)
    audit = Audit(sizes, tolerated=tolerated, alpha=0.05)
    for number, rank in enumerate(order[:400], start=1):
        audit.note(rank, wrong=wrong[rank])
        if number % 5 == 0:
            audit.look()
            if stop and not audit.worth_going_on(expected):
                break
    proven = audit.proven()
    if proven is None:
        return False
    seen = set(order[: audit.drawn])
    unseen = [wrong[rank] for rank in range(proven.size) if rank not in seen]
    return sum(unseen) > tolerated * len(unseen)


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("from_set", [0.0, 0.5])
def test_false_promises_are_rarer_than_alpha(stop: bool, from_set: float) -> None:
    """The worst there is: every set, or every set behind the first, lies just beyond the promise."""
    n, tolerated = 1_000, 0.05
    rates = [0.03 if rank < from_set * n else 0.053 + 0.02 * from_set for rank in range(n)]
    false = sum(project(seed, rates, tolerated=tolerated, stop=stop) for seed in range(300))
    # 300 projects at 5% give more than 26 with a probability below 1%.
    assert false <= 26


def test_the_rule_of_stopping_saves_audits_where_nothing_is_to_be_gained() -> None:
    audit = Audit(set_sizes(2_000), tolerated=0.05, alpha=0.05)
    draw = random.Random(2)
    order = draw.sample(range(2_000), 2_000)
    for rank in order:
        audit.note(rank, wrong=draw.random() < 0.3)
        audit.look()
        if not audit.worth_going_on([0.3] * len(audit.sets)):
            break
    assert audit.drawn == 100
    assert audit.proven() is None
