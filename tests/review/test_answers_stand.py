"""What people have answered stands: no threshold, run, recall or other number of reviews overrides it or asks again."""

import uuid
from typing import Any

import pytest

from labeling.changing import stamp_of
from labeling.datasets import set_policy
from labeling.errors import Conflict, Stale
from labeling.models import Dataset, Item, Labeler, Membership, Role, Run, User, Waiting
from labeling.queueing import send_to_review
from labeling.rerouting import place_stale, recall_run
from labeling.reviews_asked import change_reviews, preview_reviews, reviews_state
from review import claims, decisions, resettling
from review.held import Claim
from review.models import Decision
from review.verifying import item_differences, standing_differences
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts, work_reroutes
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast: Cast) -> User:
    """Another reviewer."""
    user = User.objects.create_user("second", password="x")
    Membership.objects.create(dataset=cast.dataset, user=user, role=Role.REVIEWER)
    return user


def queue(cast: Cast, *, reviews: int = 2, items: int = 1, confidence: float = 0.6) -> Labeler:
    """So many items in the queue, each to be labelled by so many people; the labeler that saw them."""
    Dataset.objects.filter(pk=cast.dataset.pk).update(reviews_per_item=reviews)
    cast.dataset.refresh_from_db()
    import_rows(cast.dataset, cast.manager, texts(items))
    # Above every random share.
    Item.objects.update(draw=0.99)
    labeler = rules(cast.dataset, cast.manager, confidence=confidence)
    run_to_end(labeler, cast.manager)
    return labeler


def says(cast: Cast, user: User, *names: str, **how: Any) -> Decision:
    """The user claims the next item and decides it."""
    return label(cast.dataset, user, claim_one(cast.dataset, user), *names, **how).decision


def policy(cast: Cast, threshold: float) -> None:
    """Another threshold, applied to all items."""
    set_policy(
        dataset=cast.dataset, actor=cast.manager, threshold=threshold, class_thresholds={}, audit_rate=0, blind_rate=0
    )
    work_reroutes()


def ask(cast: Cast, reviews: int, *, reopen: bool = False) -> None:
    """Another number of reviews, asked for everywhere."""
    change_reviews(dataset=cast.dataset, reviews=reviews, actor=cast.manager, reopen=reopen)
    while resettling.work_one_resettlement():
        pass


def undo(cast: Cast, user: User, decision: Decision) -> None:
    """The user takes the decision back and lets go of the item."""
    decisions.undo(
        dataset=cast.dataset,
        reviewer=user,
        undoes=decision.request_id,
        request_id=uuid.uuid4(),
        claim_token=uuid.uuid4(),
    )
    let_go()


def let_go() -> None:
    """Every claim ends, and what waited for that is done."""
    Waiting.objects.update(claimed_by=None, claimed_until=None, token=None)
    place_stale()
    resettling.settle_stale()


def stands(cast: Cast) -> tuple[str, str, list[tuple[int, str]]]:
    """Status, lane and open slots of the only item, after everything was verified."""
    assert [*item_differences(cast.dataset), *standing_differences(cast.dataset)] == []
    item = Item.objects.get()
    return item.status, item.lane, list(Waiting.objects.order_by("slot").values_list("slot", "lane"))


def offered(cast: Cast, user: User) -> list[Claim]:
    """What the user would be given now; they let go of it."""
    found = claims.claim(dataset=cast.dataset, reviewer=user, count=5)
    claims.release(dataset=cast.dataset, reviewer=user, tokens=[claim.token for claim in found])
    return found


ONE_OF_TWO = ("waiting", "uncertain", [(1, "uncertain")])


def test_another_policy_opens_no_slot_that_was_filled(cast: Cast) -> None:
    queue(cast)
    says(cast, cast.reviewer, "refund")
    assert stands(cast) == ONE_OF_TWO
    policy(cast, 0.8)
    assert stands(cast) == ONE_OF_TWO
    assert offered(cast, cast.reviewer) == []


def test_a_lower_threshold_accepts_nothing_that_a_person_has_answered(cast: Cast, second: User) -> None:
    queue(cast)
    says(cast, cast.reviewer, "refund")
    policy(cast, 0.5)
    assert stands(cast) == ONE_OF_TWO
    says(cast, second, "refund")
    assert Item.objects.get().human_labels == ["refund"]


def test_a_recall_sends_nobodys_answer_away(cast: Cast, second: User) -> None:
    queue(cast)
    says(cast, cast.reviewer, "refund")
    recall_run(run=Run.objects.get(), actor=cast.manager)
    work_reroutes()
    assert stands(cast) == ONE_OF_TWO
    says(cast, second, "refund")
    assert stands(cast) == ("reviewed", "", [])


def test_a_newer_run_opens_no_slot_that_was_filled(cast: Cast) -> None:
    queue(cast)
    says(cast, cast.reviewer, "refund")
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99, order=20, name="newer"), cast.manager)
    assert stands(cast) == ONE_OF_TWO


def test_who_asked_for_help_is_not_asked_again(cast: Cast, second: User) -> None:
    queue(cast)
    says(cast, cast.reviewer, verdict="unsure")
    assert stands(cast) == ("waiting", "unsure", [(0, "unsure"), (1, "unsure")])
    assert offered(cast, cast.reviewer) == []
    says(cast, second, "card")
    assert stands(cast) == ("waiting", "unsure", [(1, "unsure")])
    policy(cast, 0.5)
    assert stands(cast) == ("waiting", "unsure", [(1, "unsure")])


def test_who_skips_an_item_is_offered_no_other_slot_of_it(cast: Cast, second: User) -> None:
    queue(cast)
    says(cast, cast.reviewer, verdict="skip")
    theirs = claim_one(cast.dataset, second)
    assert offered(cast, cast.reviewer) == []
    label(cast.dataset, second, theirs, "card")
    assert offered(cast, cast.reviewer) == []
    assert stands(cast) == ONE_OF_TWO


def dispute(cast: Cast, second: User) -> tuple[Decision, Decision]:
    """Two people differ."""
    first = says(cast, cast.reviewer, "card")
    other = says(cast, second, "refund")
    assert stands(cast) == ("disputed", "disagreement", [(2, "disagreement")])
    return first, other


DISPUTED = ("disputed", "disagreement", [(2, "disagreement")])


def test_a_manager_who_is_unsure_leaves_the_dispute_to_other_managers(cast: Cast, second: User) -> None:
    queue(cast)
    dispute(cast, second)
    says(cast, cast.manager, verdict="unsure")
    assert stands(cast) == DISPUTED
    assert offered(cast, cast.manager) == []
    third = User.objects.create_user("third", password="x")
    Membership.objects.create(dataset=cast.dataset, user=third, role=Role.REVIEWER)
    assert offered(cast, third) == []
    says(cast, cast.admin, "refund")
    assert stands(cast) == ("reviewed", "", [])


def test_an_undone_adjudication_leaves_a_dispute(cast: Cast, second: User) -> None:
    queue(cast)
    dispute(cast, second)
    settled = says(cast, cast.manager, "card")
    undo(cast, cast.manager, settled)
    assert stands(cast) == DISPUTED
    assert offered(cast, second) == []


def test_an_undone_answer_ends_the_dispute_that_it_made(cast: Cast, second: User) -> None:
    queue(cast)
    first, _ = dispute(cast, second)
    undo(cast, cast.reviewer, first)
    assert stands(cast) == ("waiting", "uncertain", [(0, "uncertain")])
    says(cast, cast.manager, "refund")
    assert Item.objects.get().human_labels == ["refund"]


def test_a_dispute_that_a_manager_looks_at_is_not_taken_away(cast: Cast, second: User) -> None:
    queue(cast)
    first, _ = dispute(cast, second)
    claim_one(cast.dataset, cast.manager)
    with pytest.raises(Conflict, match="looking at this item"):
        undo(cast, cast.reviewer, first)


def test_a_colleague_at_another_slot_hinders_no_undo(cast: Cast, second: User) -> None:
    queue(cast)
    made = says(cast, cast.reviewer, "card")
    theirs = claim_one(cast.dataset, second)
    decisions.undo(
        dataset=cast.dataset,
        reviewer=cast.reviewer,
        undoes=made.request_id,
        request_id=uuid.uuid4(),
        claim_token=uuid.uuid4(),
    )
    label(cast.dataset, second, theirs, "card")
    assert Item.objects.get().answers == 1


@pytest.mark.parametrize("reviews", [2, 3])
def test_fewer_reviews_leave_a_dispute_with_the_managers(cast: Cast, second: User, reviews: int) -> None:
    queue(cast, reviews=3)
    says(cast, cast.reviewer, "card")
    ask(cast, 2)
    says(cast, second, "refund")
    assert stands(cast) == DISPUTED
    ask(cast, reviews)
    assert stands(cast) == DISPUTED
    third = User.objects.create_user("third", password="x")
    Membership.objects.create(dataset=cast.dataset, user=third, role=Role.REVIEWER)
    assert offered(cast, third) == []


def test_fewer_reviews_settle_what_has_answers_enough(cast: Cast, second: User) -> None:
    queue(cast, reviews=3)
    says(cast, cast.reviewer, "card")
    says(cast, second, "card")
    before = preview_reviews(dataset=cast.dataset, reviews=1, reopen=False)
    ask(cast, 1)
    assert stands(cast) == ("reviewed", "", [])
    assert (before.settled, before.waiting, before.reopened) == (1, 0, 0)


def test_more_reviews_leave_what_is_decided_unless_asked_to_reopen_it(cast: Cast, second: User) -> None:
    queue(cast, reviews=1)
    says(cast, cast.reviewer, "card")
    ask(cast, 2)
    assert stands(cast) == ("reviewed", "", [])
    assert preview_reviews(dataset=cast.dataset, reviews=2, reopen=True).reopened == 1
    ask(cast, 2, reopen=True)
    assert stands(cast) == ONE_OF_TWO
    assert offered(cast, cast.reviewer) == []
    says(cast, second, "card")
    assert stands(cast) == ("reviewed", "", [])


@pytest.mark.parametrize("requested", [False, True])
def test_items_that_nobody_has_answered_wait_for_the_new_number(cast: Cast, requested: bool) -> None:
    if requested:
        import_rows(cast.dataset, cast.manager, texts(1))
        send_to_review(dataset=cast.dataset, count=1)
    else:
        queue(cast, reviews=1)
    lane = "manual" if requested else "uncertain"
    ask(cast, 3)
    assert stands(cast) == ("waiting", lane, [(0, lane), (1, lane), (2, lane)])
    ask(cast, 1)
    assert stands(cast) == ("waiting", lane, [(0, lane)])


def test_a_held_item_is_asked_for_anew_when_the_claim_ends(cast: Cast, second: User) -> None:
    queue(cast, reviews=3)
    says(cast, cast.reviewer, "card")
    claim_one(cast.dataset, second)
    ask(cast, 1)
    assert Item.objects.get().status == "waiting"
    let_go()
    assert stands(cast) == ("reviewed", "", [])


def test_who_holds_an_item_meanwhile_decides_it_under_the_new_number(cast: Cast, second: User) -> None:
    queue(cast, reviews=3)
    says(cast, cast.reviewer, "card")
    held = claim_one(cast.dataset, second)
    ask(cast, 2)
    label(cast.dataset, second, held, "card")
    assert stands(cast) == ("reviewed", "", [])


def test_a_label_of_a_file_is_asked_of_nobody(cast: Cast) -> None:
    rows = [{"id": "a", "text": "x", "given": "refund"}]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", label="given")
    assert preview_reviews(dataset=cast.dataset, reviews=3, reopen=True).reopened == 0
    ask(cast, 3, reopen=True)
    assert stands(cast) == ("reviewed", "", [])


def test_an_undone_request_for_help_returns_to_the_manual_lane(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    send_to_review(dataset=cast.dataset, count=1)
    made = says(cast, cast.reviewer, verdict="unsure")
    undo(cast, cast.reviewer, made)
    assert stands(cast) == ("waiting", "manual", [(0, "manual")])


def test_an_undone_answer_leaves_the_item_to_the_machine(cast: Cast) -> None:
    queue(cast, reviews=1)
    made = says(cast, cast.reviewer, "refund")
    policy(cast, 0.5)
    undo(cast, cast.reviewer, made)
    assert stands(cast) == ("accepted", "", [])


def test_a_number_that_somebody_else_changed_is_refused(cast: Cast) -> None:
    seen = stamp_of(reviews_state(cast.dataset))
    change_reviews(dataset=cast.dataset, reviews=2, actor=cast.admin)
    with pytest.raises(Stale) as caught:
        change_reviews(dataset=cast.dataset, reviews=3, actor=cast.manager, seen=seen)
    assert (caught.value.stored, caught.value.sent) == ({"reviews_per_item": 2}, {"reviews_per_item": 3})
