"""One item: its content, every pre-label and every decision, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Dataset, Item
from labeling.models import PreLabel
from review.models import Decision
from review.views.cards import CardMaker

# An item has a handful of either; this bounds the page whatever was done to it.
MOST = 200


@require_GET
def item(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Content, standing, history."""
    dataset = dataset_for(user_of(request), slug)
    one = get_object_or_404(
        Item.objects.select_related("asset", "split", "auto_labeler", "decided_by"), dataset=dataset, pk=pk
    )
    prelabels = list(one.prelabels.select_related("labeler", "model_version", "run").order_by("-id")[:MOST])
    decisions = list(Decision.objects.filter(item=one).select_related("reviewer").order_by("-seq")[:MOST])
    context = {
        "dataset": dataset,
        "tab": "items",
        "item": one,
        "history": _history(dataset, one, prelabels, decisions),
        "cut": len(prelabels) == MOST or len(decisions) == MOST,
        "undone": {decision.undoes_id for decision in decisions if decision.undoes_id},
    }
    return render(request, "review/item.html", context)


def _history(
    dataset: Dataset, item: Item, prelabels: Sequence[PreLabel], decisions: Sequence[Decision]
) -> list[tuple[datetime, str, Any, str]]:
    """(when, what kind, row, what was said in words), oldest first."""
    presenter = CardMaker(dataset).presenter
    rows: list[tuple[datetime, str, Any, str]] = []
    for row in prelabels:
        row.shares = list(presenter.shares(row).items())  # type: ignore[attr-defined]
        rows.append((row.created_at, "prelabel", row, presenter.says(item, row.value) if row.value else ""))
    rows += [
        (row.decided_at, "decision", row, presenter.says(item, row.value) if row.value else "") for row in decisions
    ]
    return sorted(rows, key=lambda row: row[0])
