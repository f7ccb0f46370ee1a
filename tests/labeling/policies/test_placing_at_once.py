"""Two placings of the same items at once end as if one had come after the other."""

import pytest
from django.db import transaction

from datasets.models import Item, Waiting
from labeling.policies.placing import place_items
from labeling.policies.routing import RuleInForce
from operating.verifying import item_differences
from tests.at_once import beside, waits_for_a_lock
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_starts_from_where_the_first_left_the_item(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("a text", ["card"], 0.95)])
    strict, loose = (
        RuleInForce(version=1, threshold=threshold, audit_rate=0, blind_rate=0, accept_uncalibrated=True)
        for threshold in (0.99, 0.5)
    )
    place_items(dataset=cast.dataset, item_ids=[item.pk], policy=loose)
    assert Item.objects.get().status == "accepted"

    def accept_again() -> None:
        place_items(dataset=cast.dataset, item_ids=[item.pk], policy=loose)

    with transaction.atomic():
        place_items(dataset=cast.dataset, item_ids=[item.pk], policy=strict)
        assert Item.objects.get().status == "waiting"
        second = beside(accept_again)
        assert waits_for_a_lock()
    second.result(timeout=30)
    # The slot that the first one opened is gone.
    assert (Item.objects.get().status, Waiting.objects.count()) == ("accepted", 0)
    assert [one for one in item_differences(cast.dataset) if one.kind == "waiting"] == []
