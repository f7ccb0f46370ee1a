"""Decisions: recorded once, for ever; the item moves with them; undo is a new decision."""

import uuid
from datetime import timedelta
from typing import Literal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from datasets.models import Item, Waiting
from datasets.tallies import standing
from ground.errors import Conflict, InvalidInput, InvalidValue
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import decisions
from review.deciding.decisions import ClaimLost
from review.models import Decision
from review.queue import claims
from review.queue.claim import Claim
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(cast: Cast) -> Cast:
    import_rows(cast.dataset, cast.manager, texts(10))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5), cast.manager)
    return cast


@pytest.fixture
def second(cast: Cast) -> User:
    cast.dataset.memberships.filter(user=cast.viewer).update(role="reviewer")
    return cast.viewer


def verified(cast: Cast) -> bool:
    found = [*history_differences(), *item_differences(cast.dataset), *standing_differences(cast.dataset)]
    assert found == []
    return True


def test_whether_it_matched_is_computed(queue: Cast) -> None:
    right = label(queue.dataset, queue.reviewer, claim_one(queue.dataset, queue.reviewer), "card").decision
    wrong = label(queue.dataset, queue.reviewer, claim_one(queue.dataset, queue.reviewer), "refund").decision
    assert (right.matched, wrong.matched) == (True, False)
    item = Item.objects.get(pk=wrong.item_id)
    assert (item.status, item.human_labels, item.auto_labels) == ("reviewed", ["refund"], ["card"])
    assert not Waiting.objects.filter(item=item).exists()
    assert verified(queue)


def test_a_repeated_request_is_one_decision(queue: Cast) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    request = uuid.uuid4()
    first = label(queue.dataset, queue.reviewer, claim, "card", request_id=request)
    again = label(queue.dataset, queue.reviewer, claim, "refund", request_id=request)
    assert (first.created, again.created, again.decision.pk) == (True, False, first.decision.pk)
    assert Decision.objects.count() == 1


def test_a_late_submit_is_refused(queue: Cast, second: User) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    Waiting.objects.filter(item=claim.item).update(claimed_until=timezone.now() - timedelta(seconds=1))
    taken = claims.claim(dataset=queue.dataset, reviewer=second, count=50)
    assert claim.item in [other.item for other in taken]
    with pytest.raises(ClaimLost):
        label(queue.dataset, queue.reviewer, claim, "card")
    with pytest.raises(ClaimLost):
        label(queue.dataset, second, claim, "card")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("names", [["nonsense"], ["card", "refund"], []])
def test_a_value_that_does_not_fit_is_refused(queue: Cast, names: list[str]) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    with pytest.raises(InvalidValue):
        label(queue.dataset, queue.reviewer, claim, value={"labels": names})
    assert Waiting.objects.filter(token=claim.token).exists()


def test_rejecting_excludes(queue: Cast) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    label(queue.dataset, queue.reviewer, claim, verdict="reject", reason="not a question")
    claim.item.refresh_from_db()
    assert (claim.item.status, claim.item.lane) == ("excluded", "")
    assert verified(queue)


def test_skipping_gives_the_item_to_others(queue: Cast, second: User) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    label(queue.dataset, queue.reviewer, claim, verdict="skip")
    mine = claims.claim(dataset=queue.dataset, reviewer=queue.reviewer, count=50)
    assert claim.item not in [other.item for other in mine]
    assert claim_one(queue.dataset, second).item == claim.item


def test_unsure_asks_a_second_person(queue: Cast, second: User) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    label(queue.dataset, queue.reviewer, claim, verdict="unsure", reason="card or refund?")
    claim.item.refresh_from_db()
    assert (claim.item.status, claim.item.lane) == ("waiting", "unsure")
    helped = claim_one(queue.dataset, second, lane="unsure")
    assert helped.item == claim.item
    label(queue.dataset, second, helped, "refund")
    claim.item.refresh_from_db()
    assert claim.item.human_labels == ["refund"]
    assert verified(queue)


def test_undo_is_a_new_decision_and_the_item_is_back(queue: Cast) -> None:
    claim = claim_one(queue.dataset, queue.reviewer)
    request, again, token = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    label(queue.dataset, queue.reviewer, claim, "refund", request_id=request)
    undo = {
        "dataset": queue.dataset,
        "reviewer": queue.reviewer,
        "undoes": request,
        "request_id": again,
        "claim_token": token,
    }
    undone = decisions.undo(**undo)
    assert undone.created
    assert not decisions.undo(**undo).created
    claim.item.refresh_from_db()
    assert (claim.item.status, claim.item.human_labels) == ("waiting", None)
    slot = Waiting.objects.get(item=claim.item)
    assert (slot.token, slot.claimed_by, slot.lane) == (token, queue.reviewer, claim.lane)
    label(queue.dataset, queue.reviewer, Claim(**{**_fields(claim), "token": token}), "card")
    claim.item.refresh_from_db()
    assert claim.item.human_labels == ["card"]
    assert list(Decision.objects.values_list("verdict", flat=True).order_by("seq")) == ["label", "undo", "label"]
    assert verified(queue)


def _fields(claim: Claim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in claim.__dataclass_fields__}


def test_only_ones_own_decision_can_be_undone_and_only_once(queue: Cast, second: User) -> None:
    request = uuid.uuid4()
    label(queue.dataset, queue.reviewer, claim_one(queue.dataset, queue.reviewer), "card", request_id=request)
    new = {"undoes": request, "claim_token": uuid.uuid4()}
    with pytest.raises(InvalidInput):
        decisions.undo(dataset=queue.dataset, reviewer=second, request_id=uuid.uuid4(), **new)
    decisions.undo(dataset=queue.dataset, reviewer=queue.reviewer, request_id=uuid.uuid4(), **new)
    with pytest.raises(Conflict):
        decisions.undo(dataset=queue.dataset, reviewer=queue.reviewer, request_id=uuid.uuid4(), **new)


@pytest.mark.parametrize(("verdict", "status"), [("label", "reviewed"), ("reject", "excluded")])
def test_what_another_has_decided_since_is_not_reopened(
    queue: Cast, second: User, verdict: Literal["label", "reject"], status: str
) -> None:
    request = uuid.uuid4()
    claim = claim_one(queue.dataset, queue.reviewer)
    label(queue.dataset, queue.reviewer, claim, verdict="unsure", request_id=request)
    again = claims.claim(dataset=queue.dataset, reviewer=second, count=20)
    same = next(other for other in again if other.item.pk == claim.item.pk)
    label(queue.dataset, second, same, *(["card"] if verdict == "label" else []), verdict=verdict)
    with pytest.raises(Conflict, match="decided again"):
        decisions.undo(
            dataset=queue.dataset,
            reviewer=queue.reviewer,
            undoes=request,
            request_id=uuid.uuid4(),
            claim_token=uuid.uuid4(),
        )
    assert Item.objects.get(pk=claim.item.pk).status == status
    assert verified(queue)


def test_a_group_is_taken_back_at_once(queue: Cast) -> None:
    group, request = uuid.uuid4(), uuid.uuid4()
    held = claims.claim(dataset=queue.dataset, reviewer=queue.reviewer, count=6)
    for claim in held:
        label(queue.dataset, queue.reviewer, claim, "card", group_id=group, request_id=request)
    assert standing(queue.dataset.pk).by_status["reviewed"] == 6
    undone = decisions.undo_group(
        dataset=queue.dataset, reviewer=queue.reviewer, group_id=group, request_id=uuid.uuid4()
    )
    assert len(undone) == 6
    assert "reviewed" not in standing(queue.dataset.pk).by_status
    assert verified(queue)


def test_people_who_differ_leave_a_dispute_that_a_manager_settles(cast: Cast, second: User) -> None:
    cast.dataset.reviews_per_item = 2
    cast.dataset.save()
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5), cast.manager)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    label(cast.dataset, second, claim_one(cast.dataset, second), "refund")
    item = Item.objects.get()
    assert (item.status, item.lane, item.human_labels) == ("disputed", "disagreement", None)
    assert claims.claim(dataset=cast.dataset, reviewer=second) == []
    label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager), "transfer")
    item.refresh_from_db()
    assert (item.status, item.human_labels) == ("reviewed", ["transfer"])
    assert Decision.objects.latest("id").origin == "adjudication"
    assert verified(cast)


def test_a_manager_may_settle_a_dispute_of_their_own(cast: Cast) -> None:
    cast.dataset.reviews_per_item = 2
    cast.dataset.save()
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5), cast.manager)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager), "refund")
    label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager, lane="disagreement"), "refund")
    assert Item.objects.get().human_labels == ["refund"]
    assert verified(cast)


def test_people_who_agree_settle_it(cast: Cast, second: User) -> None:
    cast.dataset.reviews_per_item = 2
    cast.dataset.save()
    import_rows(cast.dataset, cast.manager, texts(1))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.5), cast.manager)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    assert Item.objects.get().status == "waiting"
    label(cast.dataset, second, claim_one(cast.dataset, second), "card")
    assert Item.objects.get().status == "reviewed"
    assert verified(cast)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE review_decision SET reason = 'x'", "DELETE FROM review_decision", "TRUNCATE review_decision"],
)
def test_history_cannot_be_changed(queue: Cast, statement: str) -> None:
    label(queue.dataset, queue.reviewer, claim_one(queue.dataset, queue.reviewer), "card")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE review_decision SET reason = 'x' WHERE id = %s",
        "DELETE FROM review_decision WHERE id = %s",
        'UPDATE review_decision SET value = \'{"labels": ["refund"]}\' WHERE id = %s',
    ],
)
def test_tampering_by_the_owner_is_found(queue: Cast, tampering: str) -> None:
    targets = [
        label(queue.dataset, queue.reviewer, claim_one(queue.dataset, queue.reviewer), "card").decision
        for _ in range(5)
    ]
    assert not list(history_differences())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(tampering, [targets[2].pk])
        cursor.execute("SET session_replication_role = origin")
    assert len(list(history_differences())) == 1
