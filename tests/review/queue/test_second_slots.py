"""Two reviews an item: they come from two people, whatever one person tries."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets.models import Item, Waiting
from review.deciding import decisions
from review.deciding.decisions import ClaimLost
from review.queue import claims
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db


def twice(cast: Cast, n: int = 6) -> list[Item]:
    """Items that need two reviews each."""
    cast.dataset.reviews_per_item = 2
    cast.dataset.save()
    return fill(cast.dataset, [Said(f"text {k}", ["card"], 0.4) for k in range(n)])


def decide(cast: Cast, item_id: int, token: uuid.UUID) -> None:
    """The reviewer labels the item."""
    decisions.decide(
        dataset=cast.dataset,
        reviewer=cast.reviewer,
        item_id=item_id,
        claim_token=token,
        request_id=uuid.uuid4(),
        verdict="label",
        value={"labels": ["card"]},
    )


def test_one_claim_holds_each_item_once(cast: Cast) -> None:
    twice(cast)
    held = [claim.item.pk for claim in claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=12)]
    assert len(held) == len(set(held)) == 6
    others = [claim.item.pk for claim in claims.claim(dataset=cast.dataset, reviewer=cast.manager, count=12)]
    assert sorted(others) == sorted(held)


def test_one_person_never_reviews_an_item_twice(cast: Cast) -> None:
    twice(cast)
    decided: list[int] = []
    while held := claims.claim(dataset=cast.dataset, reviewer=cast.reviewer, count=4):
        for claim in held:
            decide(cast, claim.item.pk, claim.token)
            decided.append(claim.item.pk)
    assert len(decided) == len(set(decided)) == 6
    assert set(Item.objects.values_list("status", flat=True)) == {"waiting"}


def test_a_second_hold_of_ones_own_is_refused_at_the_decision(cast: Cast) -> None:
    (item,) = twice(cast, 1)
    first, second = uuid.uuid4(), uuid.uuid4()
    # As two pages of one person would hold them that asked at the same moment.
    for slot, token in zip(Waiting.objects.order_by("slot"), (first, second), strict=True):
        slot.claimed_by, slot.token = cast.reviewer, token
        slot.claimed_until = timezone.now() + timedelta(minutes=5)
        slot.save()
    decide(cast, item.pk, first)
    with pytest.raises(ClaimLost, match="someone else"):
        decide(cast, item.pk, second)
    assert item.decisions.count() == 1
