"""Two people at the same item at the same moment."""

import threading
import uuid
from typing import Any

import pytest
from django.db import connection, transaction

from datasets.models import Dataset, Item, Waiting
from operating.verifying import history_differences, item_differences
from review.deciding import decisions, reopening
from review.queue import claims
from tests.at_once import beside, waits_for_a_lock
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_claims_beside_somebody_gets_another_item_without_waiting(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4) for n in range(2)])
    with transaction.atomic():
        first = Waiting.objects.select_for_update().order_by("-priority", "id").first()
        assert first is not None

        def claim_impatiently() -> list[int]:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            found = claims.claim(dataset=cast.dataset, reviewer=cast.reviewer)
            return [claim.item.pk for claim in found]

        got = beside(claim_impatiently).result(timeout=30)
    assert len(got) == 1
    assert got != [first.item_id]


def test_an_undo_and_a_colleagues_decision_come_one_after_the_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Dataset.objects.update(reviews_per_item=2)
    cast.dataset.refresh_from_db()
    fill(cast.dataset, [Said("a text", ["card"], 0.4)])
    mine = label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card").decision
    theirs = claim_one(cast.dataset, cast.manager)
    has_read, may_write, history_of = threading.Event(), threading.Event(), reopening.history_of

    def read_and_pause(item: Item) -> Any:
        found = history_of(item)
        has_read.set()
        may_write.wait(30)
        return found

    monkeypatch.setattr(reopening, "history_of", read_and_pause)
    undone = beside(
        lambda: decisions.undo(
            dataset=cast.dataset,
            reviewer=cast.reviewer,
            undoes=mine.request_id,
            request_id=uuid.uuid4(),
            claim_token=uuid.uuid4(),
        )
    )
    assert has_read.wait(30)
    decided = beside(lambda: label(cast.dataset, cast.manager, theirs, "card"))
    assert waits_for_a_lock()
    may_write.set()
    assert undone.result(timeout=30).created
    assert decided.result(timeout=30).created
    assert [*item_differences(cast.dataset), *history_differences()] == []
    assert (Item.objects.get().status, Item.objects.get().answers) == ("waiting", 1)
