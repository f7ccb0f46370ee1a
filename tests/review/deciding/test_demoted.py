"""A manager who is one no more settles no dispute, renews no hold of one, and takes back nothing that was settled."""

import uuid

import pytest
from django.db import transaction

from accounts.models import Role, User
from datasets.access import dataset_for
from datasets.members import remove_member, set_member
from datasets.models import Dataset, Item, Membership, Waiting
from ground.errors import Conflict
from review.deciding import decisions
from review.deciding.decisions import ClaimLost, Decided
from review.queue import claims
from tests.at_once import beside, waits_for_a_lock
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def disputed(cast: Cast) -> Item:
    """Two people have said two things of it."""
    cast.dataset.memberships.filter(user=cast.viewer).update(role="reviewer")
    cast.dataset.reviews_per_item = 2
    cast.dataset.save(update_fields=["reviews_per_item"])
    (item,) = fill(cast.dataset, [Said("text", ["card"], 0.4)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    label(cast.dataset, cast.viewer, claim_one(cast.dataset, cast.viewer), "transfer")
    item.refresh_from_db()
    assert item.status == "disputed"
    return item


def demote(cast: Cast) -> None:
    set_member(dataset=cast.dataset, actor=cast.admin, username=cast.manager.username, role=Role.REVIEWER)


def silently_demoted(cast: Cast) -> None:
    """As one whose right ended in another way: nobody freed what they hold."""
    Membership.objects.filter(dataset=cast.dataset, user=cast.manager).update(role=Role.REVIEWER)


def undone(cast: Cast, settled: Decided, dataset: Dataset | None = None) -> Decided:
    return decisions.undo(
        dataset=dataset or cast.dataset, reviewer=cast.manager, undoes=settled.decision.request_id,
        request_id=uuid.uuid4(), claim_token=uuid.uuid4(),
    )  # fmt: skip


def test_with_the_right_ends_the_hold_of_a_dispute(cast: Cast, disputed: Item) -> None:
    held = claim_one(cast.dataset, cast.manager)
    demote(cast)
    assert not Waiting.objects.filter(claimed_by=cast.manager).exists()
    with pytest.raises(ClaimLost):
        label(cast.dataset, cast.manager, held, "card")
    disputed.refresh_from_db()
    assert disputed.status == "disputed"


def test_other_holds_stay_with_whoever_may_still_review(cast: Cast, disputed: Item) -> None:
    fill(cast.dataset, [Said("another", ["card"], 0.4, external_id="another")])
    held = claims.claim(dataset=cast.dataset, reviewer=cast.manager, count=2)
    assert len(held) == 2
    demote(cast)
    (left,) = Waiting.objects.filter(claimed_by=cast.manager)
    assert left.lane != "disagreement"


def test_a_hold_without_the_right_settles_nothing_and_is_not_renewed(cast: Cast, disputed: Item) -> None:
    held = claim_one(cast.dataset, cast.manager)
    silently_demoted(cast)
    asks = {"dataset": cast.dataset, "reviewer": User.objects.get(pk=cast.manager.pk)}
    assert claims.renew(**asks, tokens=[held.token]) == []
    with pytest.raises(ClaimLost, match="Only managers can resolve a conflict"):
        label(cast.dataset, asks["reviewer"], held, "card")


def test_what_was_settled_is_taken_back_by_managers_alone(cast: Cast, disputed: Item) -> None:
    settled = label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager), "card")
    silently_demoted(cast)
    with pytest.raises(Conflict, match="Only managers can undo"):
        undone(cast, settled)
    disputed.refresh_from_db()
    assert disputed.status == "reviewed"
    Membership.objects.filter(dataset=cast.dataset, user=cast.manager).update(role=Role.MANAGER)
    undone(cast, settled)
    disputed.refresh_from_db()
    assert disputed.status == "disputed"


def at_the_door(cast: Cast) -> Dataset:
    """The dataset as a request holds it that came in before the role changed."""
    return dataset_for(cast.manager, cast.dataset.slug, Role.REVIEWER)


def test_what_counts_is_the_role_at_the_act_and_not_at_the_door(cast: Cast, disputed: Item) -> None:
    held, dataset = claim_one(cast.dataset, cast.manager), at_the_door(cast)
    silently_demoted(cast)
    with pytest.raises(ClaimLost, match="Only managers can resolve a conflict"):
        label(dataset, cast.manager, held, "card")
    Membership.objects.filter(dataset=dataset, user=cast.manager).update(role=Role.MANAGER)
    settled, dataset = label(dataset, cast.manager, held, "card"), at_the_door(cast)
    demote(cast)
    with pytest.raises(Conflict, match="Only managers can undo"):
        undone(cast, settled, dataset)
    assert not Waiting.objects.exists()


@pytest.mark.parametrize("left", [Role.VIEWER, None])
def test_who_reviews_no_more_takes_no_answer_back(cast: Cast, left: Role | None) -> None:
    fill(cast.dataset, [Said("text", ["card"], 0.4)])
    answer, dataset = (
        label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager), "card"),
        at_the_door(cast),
    )
    member = Membership.objects.get(dataset=dataset, user=cast.manager)
    if left is None:
        remove_member(member=member, actor=cast.admin)
    else:
        set_member(dataset=dataset, actor=cast.admin, username=cast.manager.username, role=left)
    with pytest.raises(Conflict, match="you are no longer one"):
        undone(cast, answer, dataset)
    assert not Waiting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_demotion_waits_for_an_undo_and_frees_what_it_handed_back(cast: Cast, disputed: Item) -> None:
    settled = label(cast.dataset, cast.manager, claim_one(cast.dataset, cast.manager), "card")
    with transaction.atomic():
        undone(cast, settled)
        demotion = beside(lambda: demote(cast))
        assert waits_for_a_lock()
    demotion.result(timeout=30)
    assert not Waiting.objects.filter(claimed_by=cast.manager).exists()


@pytest.mark.django_db(transaction=True)
def test_a_decision_waits_for_a_demotion_and_is_refused(cast: Cast, disputed: Item) -> None:
    held, dataset = claim_one(cast.dataset, cast.manager), at_the_door(cast)
    with transaction.atomic():
        demote(cast)
        decision = beside(lambda: label(dataset, cast.manager, held, "card"))
        assert waits_for_a_lock()
    with pytest.raises(ClaimLost):
        decision.result(timeout=30)
