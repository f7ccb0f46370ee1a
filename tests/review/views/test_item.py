"""An item's page: whose answers it shows to whom, and where it leads."""

import uuid

import pytest

from accounts.models import Role, User
from datasets.models import Dataset, Item
from datasets.reviews import change_reviews
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.measuring.spanning import spanning
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice(cast: Cast) -> Dataset:
    """One item, of which one of two answers is there."""
    change_reviews(dataset=cast.dataset, reviews=2, actor=cast.admin)
    cast.dataset.memberships.filter(user=cast.viewer).update(role=Role.REVIEWER)
    cast.dataset.refresh_from_db()
    fill(cast.dataset, [Said("Where is my card?", ["transfer"], 0.4)])
    claim = claim_one(cast.dataset, cast.reviewer)
    label(cast.dataset, cast.reviewer, claim, "refund", request_id=uuid.uuid4())
    return cast.dataset


def history(cast: Cast, user: User, item: Item) -> str:
    html = cast.client(user).get(f"/datasets/letters/items/{item.pk}/").content.decode()
    return html.partition("History</h2>")[2]


def test_the_second_answer_is_given_without_knowing_the_first(twice: Dataset, cast: Cast) -> None:
    item = Item.objects.get()
    assert item.status == "waiting"
    assert "refund" not in history(cast, cast.viewer, item)
    assert "are hidden" in history(cast, cast.viewer, item)
    # One's own, and whoever settles disputes.
    assert "refund" in history(cast, cast.reviewer, item)
    assert "refund" in history(cast, cast.manager, item)
    claim = claim_one(twice, cast.viewer)
    label(twice, cast.viewer, claim, "refund", request_id=uuid.uuid4())
    assert "refund" in history(cast, cast.viewer, item)


def test_what_waits_can_be_reviewed_from_here(twice: Dataset, cast: Cast) -> None:
    item = Item.objects.get()
    link = f'href="/datasets/letters/review/?item={item.pk}"'
    cast.dataset.memberships.filter(user=cast.reviewer).update(role=Role.VIEWER)
    for user, there in ((cast.viewer, True), (cast.manager, True), (cast.reviewer, False)):
        html = cast.client(user).get(f"/datasets/letters/items/{item.pk}/").content.decode()
        assert (link in html) is there


def test_the_grid_of_elements_is_where_they_are_looked_at(cast: Cast) -> None:
    dataset = spanning(cast).dataset
    response = cast.client(cast.reviewer).get(f"/datasets/{dataset.slug}/review/grid/")
    assert (response.status_code, response.headers["Location"]) == (302, f"/datasets/{dataset.slug}/elements/")
