"""Decisions that were taken back count nowhere; and what the review page says adds up."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets.models import Item
from measuring.metrics import activity, days, reviewer_figures, reviewers
from review.deciding.decisions import own_history, undo_decision
from review.queue.claims import claim, claim_item
from review.queue.progress import queue_progress
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db


def undo_last(cast: Cast) -> None:
    (last,) = own_history(dataset=cast.dataset, reviewer=cast.reviewer, limit=1)
    undo_decision(
        dataset=cast.dataset, reviewer=cast.reviewer, target=last, request_id=uuid.uuid4(), token=uuid.uuid4()
    )


def counted(cast: Cast) -> tuple[int, int, int]:
    """Today on the review page, in the chart of days, and in the table of reviewers."""
    figures = reviewer_figures(cast.dataset)
    return (
        queue_progress(cast.dataset, cast.reviewer).decided_by_me_today,
        days(cast.dataset, back=1)[-1].decisions,
        figures[0].decisions if figures else 0,
    )


def test_undone_decisions_count_nowhere(cast: Cast) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4, external_id=f"{n}") for n in range(3)])
    for _ in range(3):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    assert counted(cast) == (3, 3, 3)
    undo_last(cast)
    assert counted(cast) == (2, 2, 2)
    (again,) = claim_item(dataset=cast.dataset, reviewer=cast.reviewer, item_id=Item.objects.get(status="waiting").pk)
    label(cast.dataset, cast.reviewer, again, "card")
    assert counted(cast) == (3, 3, 3)
    undo_last(cast)
    assert counted(cast) == (2, 2, 2)


def test_the_ledger_follows_an_undo(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.4, external_id=f"{n}") for n in range(3)])
    begun = timezone.now()
    clock = {"now": begun - timedelta(hours=5)}
    monkeypatch.setattr("review.deciding.decisions.timezone.now", lambda: clock["now"])
    for _ in range(3):
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    activity.write_activity(begun - timedelta(hours=2))
    clock["now"] = begun
    undo_last(cast)
    assert sum(day.decisions for day in days(cast.dataset, back=2)) == 2
    assert reviewer_figures(cast.dataset)[0].decisions == 2
    activity.write_activity(begun + timedelta(hours=3))
    assert sum(day.decisions for day in days(cast.dataset, back=2)) == 2
    assert reviewer_figures(cast.dataset)[0].decisions == 2
    assert activity.miscounted(cast.dataset) == []
    assert reviewers.miscounted(cast.dataset) == []


def test_the_lane_menu_adds_up(cast: Cast) -> None:
    said = [Said(f"hard {n}", ["card"], 0.4, external_id=f"h{n}") for n in range(6)]
    said += [Said(f"sure {n}", ["card"], 0.99, draw=0.0, external_id=f"s{n}") for n in range(5)]
    fill(cast.dataset, said)
    context = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).context
    assert [(name, count) for name, _, count in context["lanes"]] == [("uncertain", 6), ("", 5)]
    assert sum(count for _, _, count in context["lanes"]) == context["frame"].progress.waiting
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert "Random check, among the others" in page
    # What is drawn cannot be asked for.
    assert "?lane=audit" not in page


def test_pending_items_are_told_on_the_empty_page(cast: Cast) -> None:
    fill(cast.dataset, [Said("one", ["card"], 0.4)])
    Item.objects.bulk_create(
        Item(dataset=cast.dataset, external_id=f"p{n}", content_hash=b"0" * 16, text="t", draw=0.5) for n in range(3)
    )
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    assert claim(dataset=cast.dataset, reviewer=cast.reviewer) == []
    page = cast.client(cast.reviewer).get(reverse("review", args=["letters"])).content.decode()
    assert "3 items are pending: no labeler has predicted them." in page
