"""Nothing is accepted on a confidence that was never compared with people."""

import uuid
from collections.abc import Sequence

import pytest

from accounts.models import User
from datasets.models import Dataset, Item
from datasets.policies import current_policy
from labeling.models import Edition, Labeler, Reroute
from labeling.policies import drawing
from labeling.policies.editions import comparisons
from labeling.setup.defining import change_labeler
from operating import sweeping
from operating.verifying import item_differences, standing_differences
from review.deciding.decisions import own_history, undo_decision
from review.queue.claims import claim
from tests.loops import import_rows, label, rules, run_to_end, standing, texts, work_reroutes
from tests.people import Cast, make_cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict(db: None) -> Cast:
    """A dataset as people make it: its policy accepts nothing before it was compared."""
    return make_cast(accept_uncalibrated=False)


def policy(dataset: Dataset, actor: User, **changes: object) -> None:
    now = current_policy(dataset)
    names = ("threshold", "class_thresholds", "audit_rate", "blind_rate")
    change_policy(dataset=dataset, actor=actor, **{name: getattr(now, name) for name in names} | changes)
    work_reroutes()


def settle(dataset: Dataset) -> None:
    """Let the background come to rest."""
    work_reroutes()
    for _ in range(20):
        if not drawing.redraw(dataset):
            return
        work_reroutes()
    raise AssertionError("The draws never come to rest.")


def compare(cast: Cast, n: int, *names: str) -> Sequence[Item]:
    """People decide `n` items, in the queue's own order."""
    seen = []
    for _ in range(n):
        (one,) = claim(dataset=cast.dataset, reviewer=cast.reviewer)
        seen.append(one.item)
        label(cast.dataset, cast.reviewer, one, *(names or ("card",)))
    return seen


def of(labeler: Labeler) -> tuple[int, int, bool]:
    found = comparisons(labeler.dataset)[labeler.pk]
    return found.checked, found.needed, found.calibrated


def clean(dataset: Dataset) -> bool:
    return [*item_differences(dataset), *standing_differences(dataset)] == []


def test_nothing_is_accepted_until_fifty_random_answers_were_decided(strict: Cast) -> None:
    import_rows(strict.dataset, strict.manager, texts(400))
    labeler = rules(strict.dataset, strict.manager, confidence=0.99)
    run_to_end(labeler, strict.manager)
    assert standing(strict.dataset) == {"waiting": 400}
    assert of(labeler) == (0, 50, False)
    settle(strict.dataset)
    # Of 400, a twentieth would be twenty: more are drawn, and they come first.
    drawn = Item.objects.filter(dataset=strict.dataset, sampled=True)
    assert 50 <= drawn.count() < 130
    assert {item.sampling_rate for item in Item.objects.filter(dataset=strict.dataset)} == {0.1875}
    assert all(item.draw < 0.1875 for item in drawn)
    assert clean(strict.dataset)
    seen = compare(strict, 23)
    assert all(item.sampled for item in seen)
    # In the order of their random numbers, never that of the file.
    assert [item.draw for item in seen] == sorted(item.draw for item in seen)
    assert of(labeler) == (23, 50, False)
    compare(strict, 26)
    settle(strict.dataset)
    assert standing(strict.dataset) == {"waiting": 351, "reviewed": 49}
    compare(strict, 1)
    settle(strict.dataset)
    assert of(labeler) == (50, 50, True)
    counts = standing(strict.dataset)
    assert counts["accepted"] > 300
    assert clean(strict.dataset)


def test_the_sweep_notices(strict: Cast, settings: object) -> None:
    settings.CALIBRATION_CHECKS = 5
    import_rows(strict.dataset, strict.manager, texts(100))
    labeler = rules(strict.dataset, strict.manager, confidence=0.99)
    run_to_end(labeler, strict.manager)
    sweeping.sweep()
    work_reroutes()
    compare(strict, 5)
    sweeping.sweep()
    assert of(labeler) == (5, 5, True)
    assert Reroute.objects.filter(dataset=strict.dataset, state="pending").exists()
    work_reroutes()
    assert standing(strict.dataset)["accepted"] > 50


def test_the_policy_may_accept_without(strict: Cast) -> None:
    import_rows(strict.dataset, strict.manager, texts(60))
    run_to_end(rules(strict.dataset, strict.manager, confidence=0.99), strict.manager)
    policy(strict.dataset, strict.manager, accept_uncalibrated=True)
    assert standing(strict.dataset)["accepted"] > 40
    assert clean(strict.dataset)
    policy(strict.dataset, strict.manager, accept_uncalibrated=False)
    assert standing(strict.dataset) == {"waiting": 60}
    assert clean(strict.dataset)


def test_imported_predictions_are_compared_like_others(strict: Cast) -> None:
    rows = [row | {"said": "card", "sure": 0.99} for row in texts(120)]
    mapping = {"external_id": "id", "text": "text", "prediction": "said", "confidence": "sure"}
    import_rows(strict.dataset, strict.manager, rows, **mapping)
    assert standing(strict.dataset) == {"waiting": 120}
    assert clean(strict.dataset)
    settle(strict.dataset)
    compare(strict, 50)
    settle(strict.dataset)
    assert of(strict.dataset.labelers.get()) == (50, 50, True)
    assert standing(strict.dataset)["accepted"] > 20
    # What comes with the next file is accepted at once: it is the same labeler.
    before = standing(strict.dataset)["accepted"]
    more = [row | {"said": "card", "sure": 0.99} for row in texts(40, start=500)]
    import_rows(strict.dataset, strict.manager, more, **mapping)
    assert standing(strict.dataset)["accepted"] > before + 10
    assert clean(strict.dataset)


def test_another_configuration_is_compared_anew(strict: Cast, settings: object) -> None:
    settings.CALIBRATION_CHECKS = 10
    import_rows(strict.dataset, strict.manager, texts(200))
    labeler = rules(strict.dataset, strict.manager, confidence=0.99)
    run_to_end(labeler, strict.manager)
    settle(strict.dataset)
    compare(strict, 10)
    settle(strict.dataset)
    assert standing(strict.dataset)["accepted"] > 100
    changed = {"rules": [{"labels": ["refund"], "keywords": ["card"], "confidence": 0.97}]}
    change_labeler(labeler=labeler, actor=strict.manager, name="rules", config=changed, order=10, enabled=True)
    labeler.refresh_from_db()
    # What it said before stands until it speaks anew.
    assert standing(strict.dataset)["accepted"] > 100
    assert Edition.objects.filter(labeler=labeler).count() == 1
    run_to_end(labeler, strict.manager)
    assert standing(strict.dataset).get("accepted", 0) == 0
    assert clean(strict.dataset)
    # A run looks at the random checks again, which are decided already: so it is compared at once.
    settle(strict.dataset)
    assert Edition.objects.filter(labeler=labeler, calibrated_at__isnull=False).count() == 2
    assert standing(strict.dataset)["accepted"] > 100


def test_a_sample_accepts_nothing_even_where_the_policy_would(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(60))
    labeler = rules(cast.dataset, cast.manager, confidence=0.99)
    run_to_end(labeler, cast.manager, sample=40)
    assert standing(cast.dataset) == {"waiting": 40, "pending": 20}
    assert clean(cast.dataset)
    run_to_end(labeler, cast.manager)
    assert standing(cast.dataset)["accepted"] > 40


def test_undone_decisions_are_no_comparison(strict: Cast, settings: object) -> None:
    settings.CALIBRATION_CHECKS = 20
    import_rows(strict.dataset, strict.manager, texts(200))
    labeler = rules(strict.dataset, strict.manager, confidence=0.99)
    run_to_end(labeler, strict.manager)
    settle(strict.dataset)
    compare(strict, 3)
    assert of(labeler) == (3, 20, False)
    for target in own_history(dataset=strict.dataset, reviewer=strict.reviewer):
        ids = {"request_id": uuid.uuid4(), "token": uuid.uuid4()}
        undo_decision(dataset=strict.dataset, reviewer=strict.reviewer, target=target, **ids)
    assert of(labeler) == (0, 20, False)


def test_too_few_answers_to_be_worth_it_are_all_reviewed(strict: Cast) -> None:
    import_rows(strict.dataset, strict.manager, texts(45))
    run_to_end(rules(strict.dataset, strict.manager, confidence=0.99), strict.manager)
    settle(strict.dataset)
    assert standing(strict.dataset) == {"waiting": 45}
    assert clean(strict.dataset)


def test_a_sample_of_another_configuration_does_not_stand_for_what_speaks(strict: Cast) -> None:
    import_rows(strict.dataset, strict.manager, texts(200))
    labeler = rules(strict.dataset, strict.manager, confidence=0.99)
    run_to_end(labeler, strict.manager)
    settle(strict.dataset)
    compare(strict, 20)
    changed = {"rules": [{"labels": ["card"], "keywords": ["card"], "confidence": 0.97}]}
    change_labeler(labeler=labeler, actor=strict.manager, name="rules", config=changed, order=10, enabled=True)
    run_to_end(labeler, strict.manager, sample=5)
    assert of(labeler) == (20, 50, False)
