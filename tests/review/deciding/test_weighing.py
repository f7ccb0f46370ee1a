"""Dear comparisons hold nobody up: an answer is compared before its item is locked, and anew if that was too early."""

import uuid
from typing import Any

import pytest
from django.db import connection

from datasets.models import ComparedPair, Item
from kinds import TASK_KINDS
from operating.verifying import item_differences, standing_differences
from review.deciding import decisions
from review.deciding.weighing import Weighed, weighed_ahead
from review.models import Decision, Edit
from tests.loops import claim_one
from tests.measuring.spanning import Spanning, spanning
from tests.people import Cast
from tests.policies import change_policy


@pytest.fixture
def spans(cast: Cast) -> Spanning:
    made = spanning(cast)
    change_policy(dataset=made.dataset, actor=cast.manager, threshold=1.0)
    made.fill(6, empty=0.0)
    return made


@pytest.mark.django_db(transaction=True)
def test_nothing_is_compared_while_the_item_is_locked(spans: Spanning, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = TASK_KINDS["spans"]
    locked: list[bool] = []
    overlaps = type(kind).overlaps

    def seen(self: Any, *args: Any) -> Any:
        locked.append(connection.in_atomic_block)
        return overlaps(self, *args)

    claim = claim_one(spans.dataset, spans.cast.reviewer)
    monkeypatch.setattr(type(kind), "overlaps", seen)
    spans.decide(claim.item, claim.token)
    assert locked
    assert not any(locked)


@pytest.mark.django_db
def test_what_was_weighed_against_another_pre_label_is_weighed_anew(
    spans: Spanning, monkeypatch: pytest.MonkeyPatch
) -> None:
    def early(*args: Any) -> Weighed | None:
        found = weighed_ahead(*args)
        assert found is not None
        return Weighed(found.value, -1, found.compared, found.merged)

    monkeypatch.setattr(decisions, "weighed_ahead", early)
    spans.review()
    assert ComparedPair.objects.filter(dataset=spans.dataset).exists()
    assert [*item_differences(spans.dataset), *standing_differences(spans.dataset)] == []


@pytest.mark.django_db
def test_an_answer_that_does_not_fit_is_refused_and_leaves_nothing(spans: Spanning) -> None:
    claim = claim_one(spans.dataset, spans.cast.reviewer)
    with pytest.raises(Exception, match="does not lie within the text"):
        spans.decide(claim.item, claim.token, [(0, 100_000, "card")])
    assert not Decision.objects.filter(dataset=spans.dataset).exists()
    assert not Edit.objects.exists()


@pytest.mark.django_db
def test_whoever_lost_the_claim_hears_of_that_first(spans: Spanning) -> None:
    item = Item.objects.filter(dataset=spans.dataset).first()
    assert item is not None
    with pytest.raises(decisions.ClaimLost):
        spans.decide(item, uuid.uuid4(), [(0, 100_000, "card")])
