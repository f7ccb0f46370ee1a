"""What people have answered stands: no threshold, run, recall or other number of reviews overrides it or asks again."""

import uuid

import pytest

from accounts.models import Role, User
from datasets.models import Item, Membership
from ground.errors import Conflict
from labeling.models import Run
from labeling.policies.rerouting import recall_run
from review.deciding import decisions
from review.queue.sending import send_to_review
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts, work_reroutes
from tests.people import Cast
from tests.review.answering import (
    DISPUTED,
    ONE_OF_TWO,
    dispute,
    offered,
    policy,
    queue,
    says,
    stands,
    undo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast: Cast) -> User:
    """Another reviewer."""
    user = User.objects.create_user("second", password="x")
    Membership.objects.create(dataset=cast.dataset, user=user, role=Role.REVIEWER)
    return user


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
    with pytest.raises(Conflict, match="reviewing this item"):
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


def test_an_undone_request_for_help_returns_to_the_manual_lane(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(1))
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
    made = says(cast, cast.reviewer, verdict="unsure")
    undo(cast, cast.reviewer, made)
    assert stands(cast) == ("waiting", "manual", [(0, "manual")])


def test_an_undone_answer_leaves_the_item_to_the_machine(cast: Cast) -> None:
    queue(cast, reviews=1)
    made = says(cast, cast.reviewer, "refund")
    policy(cast, 0.5)
    undo(cast, cast.reviewer, made)
    assert stands(cast) == ("accepted", "", [])
