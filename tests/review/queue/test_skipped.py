"""Skipped items come back at the end: to whoever is alone, and to each of two."""

import uuid

import pytest

from accounts.models import Role, User
from datasets.models import Membership, Waiting
from review.queue import claims
from review.queue.claim import Claim
from review.queue.claims import Page
from tests.api.program import Program
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db


def queue(cast: Cast, n: int) -> None:
    """So many items wait, none of them in the random sample."""
    fill(cast.dataset, [Said(f"text {number}", ["card"], 0.5 - number / 100) for number in range(n)])


def asks(cast: Cast, user: User, count: int = 1, lane: str = "") -> list[Claim]:
    """The page asks for items."""
    return claims.claim(dataset=cast.dataset, reviewer=user, count=count, lane=lane, page=Page())


def skips(cast: Cast, user: User, claim: Claim) -> None:
    """The user passes the item over."""
    label(cast.dataset, user, claim, verdict="skip", request_id=uuid.uuid4())


def test_to_one_who_is_alone(cast: Cast) -> None:
    queue(cast, 3)
    first = asks(cast, cast.reviewer)[0]
    assert not first.again
    skips(cast, cast.reviewer, first)
    for _ in range(2):
        (other,) = asks(cast, cast.reviewer)
        assert other.item != first.item
        label(cast.dataset, cast.reviewer, other, "card")
    (back,) = asks(cast, cast.reviewer)
    assert (back.item, back.again) == (first.item, True)
    label(cast.dataset, cast.reviewer, back, "refund")
    assert asks(cast, cast.reviewer) == []
    assert not Waiting.objects.exists()


def test_the_one_skipped_longest_ago_first(cast: Cast) -> None:
    """Whoever skips everything again and again sees all of it in turn."""
    queue(cast, 3)
    seen = []
    for _ in range(7):
        (claim,) = asks(cast, cast.reviewer)
        seen.append(claim.item.pk)
        skips(cast, cast.reviewer, claim)
    assert len(set(seen[:3])) == 3
    assert seen == [*seen[:3], *seen[:3], seen[0]]


def test_to_each_of_two(cast: Cast) -> None:
    """What one has skipped is new to the other; what both have skipped comes back to whoever asks."""
    Membership.objects.filter(user=cast.viewer).update(role=Role.REVIEWER)
    queue(cast, 2)
    one, other = cast.reviewer, cast.viewer
    for claim in asks(cast, one, 2):
        skips(cast, one, claim)
    fresh = asks(cast, other, 2)
    assert [claim.again for claim in fresh] == [False, False]
    assert asks(cast, one) == []
    skips(cast, other, fresh[0])
    (back,) = asks(cast, one, 2)
    assert (back.item, back.again) == (fresh[0].item, True)
    assert asks(cast, other) == []
    skips(cast, one, back)
    assert [claim.item for claim in asks(cast, other)] == [back.item]
    assert asks(cast, one) == []
    label(cast.dataset, other, fresh[1], "card")


def test_a_lane_keeps_to_itself(cast: Cast) -> None:
    queue(cast, 2)
    Waiting.objects.filter(item=Waiting.objects.earliest("pk").item_id).update(lane="manual")
    (manual,) = asks(cast, cast.reviewer, lane="manual")
    skips(cast, cast.reviewer, manual)
    (uncertain,) = asks(cast, cast.reviewer, lane="uncertain")
    skips(cast, cast.reviewer, uncertain)
    assert [claim.item for claim in asks(cast, cast.reviewer, 5, lane="manual")] == [manual.item]


def test_what_one_has_answered_does_not_come_back(cast: Cast) -> None:
    type(cast.dataset).objects.update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    queue(cast, 1)
    skips(cast, cast.reviewer, asks(cast, cast.reviewer)[0])
    label(cast.dataset, cast.reviewer, asks(cast, cast.reviewer)[0], "card")
    assert asks(cast, cast.reviewer) == []


def test_a_program_has_to_ask_for_them(cast: Cast) -> None:
    """One that skips what it does not know would otherwise get the same for ever."""
    queue(cast, 1)
    skips(cast, cast.reviewer, claim_one(cast.dataset, cast.reviewer))
    program = Program.of(cast.reviewer)
    claim = "datasets/letters/queue/claim/"
    assert program.call("POST", claim, {}, expect=200)["items"] == []
    (item,) = program.call("POST", claim, {"skipped": True}, expect=200)["items"]
    assert item["skipped"]


def test_the_page_says_why_it_is_back(cast: Cast) -> None:
    queue(cast, 1)
    client = cast.client(cast.reviewer)
    skips(cast, cast.reviewer, claim_one(cast.dataset, cast.reviewer))
    assert (
        "You skipped this item before. The rest of the queue is empty"
        in client.get("/datasets/letters/review/").content.decode()
    )
    Waiting.objects.all().delete()
    assert "come back at the end" in client.get("/datasets/letters/review/").content.decode()
