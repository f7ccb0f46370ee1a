"""Decisions outside the queue: who may correct what, what becomes of the item, and that the history is kept."""

import uuid
from typing import Any

import pytest

from accounts.models import Role, User
from datasets.models import Dataset, Item, Membership, Waiting
from ground.errors import Conflict, InvalidInput, InvalidValue
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding.correcting import Said, correct, include, take_back
from review.models import Decision
from review.queue import claims
from tests.filling import Said as MachineSaid
from tests.filling import fill
from tests.loops import claim_one, import_rows, label, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db


def corrects(cast: Cast, user: User, item: Item, *names: str, **fields: Any) -> Decision:
    """The user says outside the queue what the item is."""
    said = Said("label", fields.pop("request_id", uuid.uuid4()), {"labels": list(names)}, **fields)
    return correct(dataset=cast.dataset, actor=user, item_id=item.pk, said=said).decision


def rejects(cast: Cast, user: User, item: Item) -> Decision:
    """The user excludes the item."""
    return correct(dataset=cast.dataset, actor=user, item_id=item.pk, said=Said("reject", uuid.uuid4())).decision


def stands(cast: Cast, item: Item) -> tuple[str, list[str] | None]:
    """Status and human label, after all of the dataset was verified."""
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset), *history_differences()] == []
    item.refresh_from_db()
    return item.status, item.human_labels


def accepted(cast: Cast) -> Item:
    """An item that the machine calls a card, and was believed."""
    (item,) = fill(cast.dataset, [MachineSaid("where is my refund", ["card"], 0.99)])
    item.refresh_from_db()
    assert item.status == "accepted"
    return item


def second_reviewer(cast: Cast) -> User:
    """The viewer, made a reviewer."""
    Membership.objects.filter(dataset=cast.dataset, user=cast.viewer).update(role=Role.REVIEWER)
    return cast.viewer


@pytest.mark.parametrize("who", ["manager", "reviewer"])
def test_an_accepted_label_is_corrected(cast: Cast, who: str) -> None:
    item, user = accepted(cast), getattr(cast, who)
    decision = corrects(cast, user, item, "refund")
    assert stands(cast, item) == ("reviewed", ["refund"])
    assert item.decided_by == user
    assert (item.blind, item.matched) == (False, False)
    assert decision.shown
    assert decision.origin == ("correction" if who == "manager" else "review")


def test_a_pending_item_gets_its_first_label(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    item = Item.objects.get()
    assert item.status == "pending"
    decision = corrects(cast, cast.reviewer, item, "card")
    assert stands(cast, item) == ("reviewed", ["card"])
    take_back(dataset=cast.dataset, actor=cast.reviewer, target=decision, request_id=uuid.uuid4())
    assert stands(cast, item) == ("pending", None)


def test_the_same_request_decides_once(cast: Cast) -> None:
    item, request = accepted(cast), uuid.uuid4()
    first = corrects(cast, cast.manager, item, "refund", request_id=request)
    assert corrects(cast, cast.manager, item, "card", request_id=request) == first
    assert Decision.objects.count() == 1


def test_what_is_wrong_is_refused(cast: Cast) -> None:
    item = accepted(cast)
    with pytest.raises(InvalidValue):
        corrects(cast, cast.manager, item, "nothing of the kind")
    with pytest.raises(InvalidInput, match="label or reject"):
        correct(dataset=cast.dataset, actor=cast.manager, item_id=item.pk, said=Said("skip", uuid.uuid4()))
    with pytest.raises(InvalidInput, match="Item not found"):
        correct(dataset=cast.dataset, actor=cast.manager, item_id=item.pk + 1, said=Said("reject", uuid.uuid4()))
    assert stands(cast, item) == ("accepted", None)


def test_whoever_lost_the_role_meanwhile_decides_nothing(cast: Cast) -> None:
    item = accepted(cast)
    Membership.objects.filter(user=cast.reviewer).update(role=Role.VIEWER)
    with pytest.raises(Conflict, match="no longer"):
        corrects(cast, cast.reviewer, item, "refund")


def test_a_manager_corrects_what_somebody_else_decided(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    with pytest.raises(Conflict, match="Others have answered"):
        corrects(cast, second_reviewer(cast), item, "refund")
    correction = corrects(cast, cast.manager, item, "refund")
    assert stands(cast, item) == ("reviewed", ["refund"])
    assert [one.reviewer for one in Decision.objects.order_by("seq")] == [cast.reviewer, cast.manager]
    take_back(dataset=cast.dataset, actor=cast.manager, target=correction, request_id=uuid.uuid4())
    assert stands(cast, item) == ("reviewed", ["card"])


def test_a_reviewer_changes_their_own(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    first = label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card").decision
    second = corrects(cast, cast.reviewer, item, "transfer")
    assert stands(cast, item) == ("reviewed", ["transfer"])
    assert [one.verdict for one in Decision.objects.order_by("seq")] == ["label", "undo", "label"]
    assert (second.lane, second.slot, second.origin) == (first.lane, first.slot, "review")
    take_back(dataset=cast.dataset, actor=cast.reviewer, target=second, request_id=uuid.uuid4())
    assert stands(cast, item) == ("waiting", None)
    assert len(claims.claim(dataset=cast.dataset, reviewer=cast.reviewer)) == 1


def test_a_reviewer_changes_one_of_two_answers_only_while_it_is_alone(cast: Cast) -> None:
    Dataset.objects.filter(pk=cast.dataset.pk).update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    corrects(cast, cast.reviewer, item, "refund")
    assert stands(cast, item) == ("waiting", None)
    other = second_reviewer(cast)
    label(cast.dataset, other, claim_one(cast.dataset, other), "refund")
    assert stands(cast, item) == ("reviewed", ["refund"])
    with pytest.raises(Conflict, match="Others have answered"):
        corrects(cast, cast.reviewer, item, "card")


def test_a_reviewers_first_answer_of_an_accepted_item_is_one_of_those_asked_for(cast: Cast) -> None:
    Dataset.objects.filter(pk=cast.dataset.pk).update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    item = accepted(cast)
    corrects(cast, cast.reviewer, item, "refund")
    assert stands(cast, item) == ("waiting", None)
    assert list(Waiting.objects.values_list("slot", flat=True)) == [1]
    corrects(cast, cast.manager, item, "transfer")
    assert stands(cast, item) == ("reviewed", ["transfer"])
    assert not Waiting.objects.exists()


def test_what_waits_is_reviewed_in_the_queue(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    with pytest.raises(Conflict, match="waits in the review queue"):
        corrects(cast, cast.reviewer, item, "refund")
    corrects(cast, cast.manager, item, "refund")
    assert stands(cast, item) == ("reviewed", ["refund"])


def test_an_item_in_somebodys_hands_is_theirs(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    claim = claim_one(cast.dataset, cast.reviewer)
    with pytest.raises(Conflict, match="Someone else"):
        corrects(cast, cast.manager, item, "refund")
    label(cast.dataset, cast.reviewer, claim, "card")
    assert stands(cast, item) == ("reviewed", ["card"])


def test_taken_back_it_stands_where_the_machine_puts_it(cast: Cast) -> None:
    item = accepted(cast)
    decision = corrects(cast, cast.manager, item, "refund")
    with pytest.raises(Conflict, match="Only managers"):
        take_back(dataset=cast.dataset, actor=cast.reviewer, target=decision, request_id=uuid.uuid4())
    undo = uuid.uuid4()
    take_back(dataset=cast.dataset, actor=cast.manager, target=decision, request_id=undo)
    assert stands(cast, item) == ("accepted", None)
    take_back(dataset=cast.dataset, actor=cast.manager, target=decision, request_id=undo)
    with pytest.raises(Conflict, match="already undone"):
        take_back(dataset=cast.dataset, actor=cast.manager, target=decision, request_id=uuid.uuid4())


@pytest.mark.parametrize("by", ["manager", "reviewer"])
def test_excluded_and_taken_in_again(cast: Cast, by: str) -> None:
    item = accepted(cast)
    rejects(cast, getattr(cast, by), item)
    assert stands(cast, item) == ("excluded", None)
    with pytest.raises(Conflict, match="Only managers"):
        include(dataset=cast.dataset, actor=cast.reviewer, item_id=item.pk)
    include(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)
    assert stands(cast, item) == ("accepted", None)
    with pytest.raises(Conflict, match="not excluded"):
        include(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)


def test_excluded_by_two_people(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [MachineSaid("text", ["card"], 0.4)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), verdict="reject")
    rejects(cast, cast.manager, item)
    assert len(include(dataset=cast.dataset, actor=cast.manager, item_id=item.pk)) == 2
    assert stands(cast, item) == ("waiting", None)
