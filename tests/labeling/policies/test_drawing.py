"""Small parts are drawn in full or with a floor, and every rate stays a known probability."""

import random

import pytest

from datasets.models import Item
from labeling.models import LeastDraws, Run
from labeling.policies import drawing
from labeling.policies.drawing import _least, _Side
from operating.verifying import item_differences, standing_differences
from tests.filling import Said, fill
from tests.labeling.policies.test_comparing import clean, settle
from tests.loops import import_rows, rules, run_to_end, standing, texts, work_reroutes
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


def spread(n: int, confidence: float, seed: int = 1) -> list[Said]:
    chance = random.Random(seed)
    return [
        Said(f"text {seed} {number}", ["card"], confidence, draw=chance.random(), external_id=f"{seed}-{number}")
        for number in range(n)
    ]


def test_eight_accepted_items_are_all_drawn(cast: Cast) -> None:
    fill(cast.dataset, [*spread(8, 0.99), *spread(37, 0.4, seed=2)])
    assert Item.objects.filter(above_threshold=True, sampled=True).count() == 0
    settle(cast.dataset)
    above = Item.objects.filter(above_threshold=True)
    assert {(item.sampled, item.lane, item.sampling_rate) for item in above} == {(True, "audit", 1.0)}
    # People see all of the rest anyway: not more than a quarter of it loses its proposal.
    assert {item.sampling_rate for item in Item.objects.filter(above_threshold=False)} == {0.25}
    assert clean(cast.dataset)


def test_of_three_hundred_accepted_thirty_are_drawn_at_the_rate_that_is_kept(cast: Cast) -> None:
    fill(cast.dataset, spread(300, 0.99))
    settle(cast.dataset)
    items = list(Item.objects.filter(dataset=cast.dataset))
    (rate,) = {item.sampling_rate for item in items}
    assert rate is not None
    assert 0.05 < rate < 0.4
    assert all(item.sampled == (item.draw < rate) for item in items)
    assert 30 <= sum(item.sampled for item in items) <= 90
    assert clean(cast.dataset)


def test_of_many_the_policy_draws_enough(cast: Cast) -> None:
    fill(cast.dataset, spread(2_000, 0.99))
    assert not drawing.redraw(cast.dataset)
    assert {item.sampling_rate for item in Item.objects.all()} == {0.05}


def test_a_rate_of_nothing_stays_nothing(cast: Cast) -> None:
    change_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=0.9, class_thresholds={}, audit_rate=0, blind_rate=0
    )
    work_reroutes()
    fill(cast.dataset, spread(8, 0.99))
    assert not drawing.redraw(cast.dataset)
    assert standing(cast.dataset) == {"accepted": 8}


def test_what_was_raised_for_a_few_is_lowered_when_there_are_many(cast: Cast) -> None:
    fill(cast.dataset, spread(20, 0.99))
    settle(cast.dataset)
    assert LeastDraws.objects.get().above == 1.0
    fill(cast.dataset, spread(2_000, 0.99, seed=3))
    settle(cast.dataset)
    assert LeastDraws.objects.get().above == 0.0
    assert {item.sampling_rate for item in Item.objects.all()} == {0.05}
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset)] == []


def test_before_a_far_larger_run_it_is_taken_back(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(10))
    labeler = rules(cast.dataset, cast.manager, confidence=0.99)
    run_to_end(labeler, cast.manager)
    settle(cast.dataset)
    assert LeastDraws.objects.get(labeler=labeler).above == 1.0
    import_rows(cast.dataset, cast.manager, texts(90, start=10))
    run = run_to_end(labeler, cast.manager)
    assert LeastDraws.objects.get(labeler=labeler).above == 0.0
    assert Run.objects.get(pk=run.pk).total == 100
    settle(cast.dataset)
    assert Item.objects.filter(sampled=True).count() >= 30
    assert clean(cast.dataset)


@pytest.mark.parametrize(
    ("side", "least", "rate", "expected"),
    [
        (_Side(), 0.0, 0.05, 0.0),
        (_Side(items=8, drawn=0, open=8), 0.0, 0.05, 1.0),
        (_Side(items=100, drawn=30, open=70), 0.3, 0.05, 0.3),
        # Nothing is left that could be drawn.
        (_Side(items=20, drawn=3, open=0), 0.0, 0.05, 0.0),
        (_Side(items=8, drawn=0, open=8), 0.0, 0.0, 0.0),
        (_Side(items=600, drawn=500, open=100), 1.0, 0.05, 0.075),
    ],
)
def test_the_least_share_follows_from_counts_alone(side: _Side, least: float, rate: float, expected: float) -> None:
    assert _least(side, least, rate) == expected
