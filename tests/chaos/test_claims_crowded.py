"""Many people at one queue, with claims that run out and answers that come too late: nobody decides for another."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from datasets.models import Dataset, Waiting
from review.deciding import decisions
from review.deciding.decisions import ClaimLost
from review.models import Decision
from review.queue import expired
from tests import servers
from tests.api.program import Program
from tests.chaos.crowd import Crowd, at_work, people
from tests.each_kind import KINDS, cast_of, element_wrongs, waiting
from tests.filling import Said, fill
from tests.loops import claim_one
from tests.people import Cast, make_cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ITEMS, REVIEWERS = 400, 24
EACH_KIND = [kind if kind == KINDS[0] else pytest.param(kind, marks=pytest.mark.chaos) for kind in KINDS]
Settings = Any


def crowded(cast: Cast, settings: Settings, *, items: int = ITEMS) -> Crowd:
    """Until every item is decided."""
    settings.CLAIM_SECONDS = 1
    fill(cast.dataset, waiting(cast.dataset.task_kind, items))
    crowd = Crowd(cast.dataset, late=0.1)

    def over() -> bool:
        expired.free_expired()
        return not Waiting.objects.exists() or bool(crowd.errors)

    with at_work(crowd, people(cast.dataset, REVIEWERS)):
        servers.wait_for(over, seconds=90, what="the end of the queue")
    return crowd


@pytest.mark.parametrize("task_kind", EACH_KIND)
def test_a_crowd_decides_every_item_once_and_late_answers_are_refused(task_kind: str, settings: Settings) -> None:
    crowd = crowded(cast_of(task_kind), settings)
    assert crowd.wrongs() == []
    assert element_wrongs(crowd.dataset) == []
    assert (len(crowd.acknowledged), len(set(crowd.acknowledged.values()))) == (ITEMS, ITEMS)
    assert Decision.objects.count() == ITEMS
    assert crowd.late_refused > 0


def test_the_check_finds_late_answers_that_are_taken(settings: Settings, monkeypatch) -> None:
    """Without the token, whoever once held an item may decide it."""

    def whoever_asks(dataset: Dataset, reviewer: User, item_id: int, token: uuid.UUID) -> Waiting:
        slots = Waiting.objects.select_for_update(of=("item", "self")).select_related("item__auto_prelabel")
        slot = slots.filter(dataset=dataset, item=item_id).first()
        if slot is None:
            raise ClaimLost("It is decided already.")
        return slot

    monkeypatch.setattr(decisions, "_held", whoever_asks)
    crowd = crowded(make_cast(), settings, items=200)
    assert any("late answers were taken" in wrong for wrong in crowd.wrongs()), crowd.wrongs()


def test_a_program_that_is_late_is_told_409(settings: Settings) -> None:
    cast = make_cast()
    fill(cast.dataset, [Said("text", ["card"], 0.5)])
    held = claim_one(cast.dataset, cast.reviewer)
    Waiting.objects.update(claimed_until="2000-01-01T00:00Z")
    heir = claim_one(cast.dataset, cast.admin)
    body = {
        "item": held.item.pk, "claim_token": str(held.token), "request_id": str(uuid.uuid4()),
        "verdict": "label", "value": {"labels": ["card"]},
    }  # fmt: skip
    answer = Program.of(cast.reviewer).call("POST", "datasets/letters/decisions/", body, expect=409)
    assert answer["code"] == "claim_lost"
    assert Waiting.objects.get().token == heir.token
