"""Another number of reviews: asked for where items wait, in the background, and nowhere else unless it is wanted."""

import pytest

from accounts.models import Role, User
from datasets.models import Item, Membership
from datasets.reviews import change_reviews, preview_reviews, reviews_state
from ground.changing import stamp_of
from ground.errors import Stale
from review.queue.sending import send_to_review
from tests.loops import claim_one, import_rows, label, texts
from tests.people import Cast
from tests.review.answering import DISPUTED, ONE_OF_TWO, ask, dispute, let_go, offered, policy, queue, says, stands

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast: Cast) -> User:
    """Another reviewer."""
    user = User.objects.create_user("second", password="x")
    Membership.objects.create(dataset=cast.dataset, user=user, role=Role.REVIEWER)
    return user


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


def test_a_dispute_that_a_manager_holds_meanwhile_stays_one(cast: Cast, second: User) -> None:
    queue(cast)
    dispute(cast, second)
    held = claim_one(cast.dataset, cast.manager)
    ask(cast, 3)
    # Marks what is held: it is placed when the claim ends.
    policy(cast, 0.8)
    label(cast.dataset, cast.manager, held, verdict="unsure")
    assert stands(cast) == DISPUTED


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
        send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
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


def test_a_number_that_somebody_else_changed_is_refused(cast: Cast) -> None:
    seen = stamp_of(reviews_state(cast.dataset))
    change_reviews(dataset=cast.dataset, reviews=2, actor=cast.admin)
    with pytest.raises(Stale) as caught:
        change_reviews(dataset=cast.dataset, reviews=3, actor=cast.manager, seen=seen)
    assert (caught.value.stored, caught.value.sent) == ({"reviews_per_item": 2}, {"reviews_per_item": 3})
