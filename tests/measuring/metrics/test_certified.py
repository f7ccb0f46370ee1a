"""The proven threshold of a dataset: which checks count, what is said when nothing is proven, and the doors to it."""

from typing import Any

import pytest

from accounts.models import User
from datasets.models import Dataset, Item
from ground.errors import InvalidInput
from measuring.metrics import certified_threshold
from review.queue import claims
from tests.loops import import_rows, label, work_reroutes
from tests.people import CLASSES, Cast
from tests.policies import change_policy

SURE, UNSURE = 0.97, 0.6


def machine_says(cast: Cast, *, items: int = 400, rate: float = 0.5, blind_rate: float | None = None) -> None:
    """Items with predictions: the sure half is right (their text holds the class), the unsure half says `card`."""
    policy(cast, rate, rate if blind_rate is None else blind_rate)
    rows = []
    for number in range(items):
        truth = CLASSES[number % 3]
        sure = number % 2 == 0
        said = truth if sure else "card"
        rows.append({"id": f"i{number}", "text": f"{number} {truth}", "said": said, "sure": SURE if sure else UNSURE})
    mapping = {"external_id": "id", "text": "text", "prediction": "said", "confidence": "sure"}
    import_rows(cast.dataset, cast.manager, rows, **mapping)


def policy(cast: Cast, audit_rate: float, blind_rate: float, **changes: Any) -> None:
    settings: dict[str, Any] = {"threshold": 0.9, "class_thresholds": {}} | changes
    change_policy(dataset=cast.dataset, actor=cast.manager, audit_rate=audit_rate, blind_rate=blind_rate, **settings)
    work_reroutes()


def check(dataset: Dataset, reviewer: User, *, lane: str = "", limit: int = 10_000) -> int:
    """Decide what was drawn at random as the text says; how many."""
    done = 0
    while done < limit:
        held = claims.claim(dataset=dataset, reviewer=reviewer, count=100, lane=lane)
        drawn = [claim for claim in held if claim.sampled][: limit - done]
        for claim in drawn:
            label(dataset, reviewer, claim, claim.item.text.split()[1])
        if not drawn:
            return done
        done += len(drawn)
    return done


def test_checks_on_both_sides_prove_the_threshold(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold == SURE
    assert found.both_sides
    assert (found.wrong, found.more, found.waiting) == (0, None, 0)
    assert 0 < found.p_value <= 0.05
    assert found.checked < found.checks == Item.objects.filter(dataset=cast.dataset, status="reviewed").count()
    left = Item.objects.filter(dataset=cast.dataset, status="accepted", auto_confidence__gte=SURE).count()
    assert found.items == left
    assert found.share == left / 400


def test_with_different_rates_the_accepted_side_speaks_alone(cast: Cast) -> None:
    machine_says(cast, rate=0.5, blind_rate=0.1)
    check(cast.dataset, cast.reviewer)
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold == SURE
    assert not found.both_sides
    assert found.checked == found.checks
    assert "different rates" in found.notes[0]


def test_a_side_that_was_checked_further_does_not_pass_for_a_random_sample(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer, lane="audit")
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold == SURE
    assert not found.both_sides
    assert "mixed queue" in found.notes[0]


def test_few_checks_prove_nothing_and_say_how_many_are_missing(cast: Cast) -> None:
    machine_says(cast)
    assert certified_threshold(cast.dataset, target=0.95).checks == 0
    check(cast.dataset, cast.reviewer, limit=20)
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold is None
    assert (found.items, found.share) == (0, 0.0)
    assert found.more is not None
    assert 40 < found.more < 2_000
    assert found.waiting > 0


def test_what_the_machine_cannot_reach_is_not_promised(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    Item.objects.filter(dataset=cast.dataset, status="reviewed").update(
        human_labels=["refund"], auto_labels=["card"], matched=False
    )
    found = certified_threshold(cast.dataset, target=0.95)
    assert (found.threshold, found.more) == (None, None)


def test_checks_of_what_the_machine_said_before_prove_nothing(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    run = cast.dataset.runs.get()
    run.recalled_at = run.created_at
    run.save()
    found = certified_threshold(cast.dataset, target=0.95)
    assert (found.threshold, found.checks) == (None, 0)


def test_checks_beyond_a_lowered_rate_do_not_count(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    policy(cast, 0.1, 0.1)
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.checks == Item.objects.filter(dataset=cast.dataset, status="reviewed", draw__lt=0.1).count()


def test_without_audits_it_says_so(cast: Cast) -> None:
    machine_says(cast, items=20, rate=0.0)
    policy(cast, 0.0, 0.0, class_thresholds={"card": 0.5})
    found = certified_threshold(cast.dataset, target=0.95)
    assert found.threshold is None
    assert any("random-check rate is 0" in note for note in found.notes)
    assert any("have their own thresholds" in note for note in found.notes)


def test_an_empty_dataset_has_nothing_to_prove(cast: Cast) -> None:
    found = certified_threshold(cast.dataset, target=0.95)
    assert (found.threshold, found.checks, found.more, found.p_value) == (None, 0, None, 1.0)


@pytest.mark.parametrize(("target", "alpha"), [(0.4, 0.05), (1.0, 0.05), (0.95, 0.0), (0.95, 0.9)])
def test_senseless_questions_are_refused(cast: Cast, target: float, alpha: float) -> None:
    with pytest.raises(InvalidInput):
        certified_threshold(cast.dataset, target=target, alpha=alpha)


def test_the_policy_page_shows_it_when_it_is_asked(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    client = cast.client(cast.viewer)
    assert "Certified threshold <strong>" not in client.get("/datasets/letters/policy/").content.decode()
    page = client.get("/datasets/letters/policy/", {"wrong": "5"}).content.decode()
    assert "Certified threshold <strong>0.97</strong>" in page
    assert "not certified yet" in client.get("/datasets/letters/policy/", {"wrong": "0.1"}).content.decode().lower()
    assert "greater than or equal to 0.1" in client.get("/datasets/letters/policy/", {"wrong": "-1"}).content.decode()


def test_the_api_answers_the_same(cast: Cast) -> None:
    machine_says(cast)
    check(cast.dataset, cast.reviewer)
    client = cast.client(cast.viewer)
    answer = client.post(
        "/api/v1/tokens/", {"username": "viewer", "password": "correct horse battery", "name": "t"}
    ).json()
    headers = {"Authorization": f"Bearer {answer['token']}"}
    url = "/api/v1/datasets/letters/certificate/"
    found = client.get(url, {"target": "0.95"}, headers=headers).json()
    assert (found["threshold"], found["alpha"], found["both_sides"]) == (SURE, 0.05, True)
    assert client.get(url, headers=headers).json()["target"] == 0.95
    assert client.get(url, {"target": "0.2"}, headers=headers).json()["field"] == "target"
