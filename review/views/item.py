"""The item page: content, all pre-labels and decisions in order, and correction of the label."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.models import Role, User
from accounts.requests import user_of
from datasets.access import dataset_for, has_role, opens
from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset, Item, Status
from kinds import TASK_KINDS, LabelValue
from labeling.clearances import cleared_among, stopped_among
from labeling.models import Clearance, PreLabel
from labeling.policies.speaking import count_as_now
from review import keys as review_keys
from review.deciding.settling import standing
from review.editors.base import Presenter
from review.models import Decision, Origin
from review.views.cards import CardMaker

# An item has a handful of either; this limits the page in any case.
MOST = 200
SIDES = {"people": "People", "machine": "Machine"}


@require_GET
def item(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Content, status, history."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    items = Item.objects.select_related("asset", "split", "auto_labeler", "auto_prelabel", "decided_by")
    one = get_object_or_404(items, dataset=dataset, pk=pk)
    count_as_now(dataset, one)
    prelabels = list(one.prelabels.select_related("labeler", "model_version", "run").order_by("-id")[:MOST])
    said = Decision.objects.filter(item=one)
    # Answers must be independent, so others' are hidden, except from adjudicators.
    waits = one.status in {Status.WAITING, Status.DISPUTED}
    apart = waits and not has_role(user, dataset, Role.MANAGER)
    if apart:
        said = said.filter(reviewer=user)
    decisions = list(said.select_related("reviewer").order_by("-seq")[:MOST])
    maker = CardMaker(dataset)
    may = _may(user, dataset, one, decisions)
    reading = Reading(maker, one, request.GET.get("of", ""), editing=may["correct"] and request.GET.get("edit") == "1")
    context = {
        "dataset": dataset,
        "tab": "items",
        "item": one,
        "says": {name: maker.presenter.says(one, value) for name, value in _sides(one).items() if value},
        "sure": maker.presenter.sure(one.auto_prelabel) if one.auto_prelabel else "",
        "reading": reading,
        "frame": {"maker": maker, "keys": review_keys.keymap(user.review_keys)},
        "request_id": uuid.uuid4(),
        "clearing": _clearing(user, dataset, one),
        "history": _history(maker.presenter, one, prelabels, decisions),
        "apart": apart,
        "may": may,
        "review": waits and opens(user, dataset, Role.MANAGER if one.status == Status.DISPUTED else Role.REVIEWER),
        "cut": len(prelabels) == MOST or len(decisions) == MOST,
        "undone": {decision.undoes_id for decision in decisions if decision.undoes_id},
    }
    return render(request, "review/item.html", context)


class Reading:
    """The item with one label: the human one if there is one, unless the URL asks for the prediction. Kinds with
    elements use their editor, read-only unless the label is being corrected; class names are shown as text, and their
    editor is the correction form."""

    def __init__(self, maker: CardMaker, item: Item, of: str, *, editing: bool = False) -> None:
        dataset, kind = maker.dataset, TASK_KINDS[maker.dataset.task_kind]
        self.viewer = ITEM_KINDS[dataset.item_kind].viewer
        self.sides = [(name, SIDES[name]) for name, value in _sides(item).items() if value]
        names = [name for name, _ in self.sides]
        self.side = of if of in names else next(iter(names), "")
        self.editing = editing
        self.editor = kind.editor if editing or (kind.unit == "element" and self.side) else None
        self.elements = kind.unit == "element"
        self.scripts = [f"js/{spec.script}" for spec in (self.viewer, self.editor) if spec and spec.script]
        self.task = maker.presenter.task() if self.editor else {}
        machine = item.auto_prelabel if self.side == "machine" else None
        self.card = maker.to_read(item, _sides(item).get(self.side), machine, editing=editing)


def _may(user: User, dataset: Dataset, item: Item, decisions: Sequence[Decision]) -> dict[str, Any]:
    """The user's permissions on the item outside the queue, as in `deciding.correcting`."""
    manages, reviews = opens(user, dataset, Role.MANAGER), opens(user, dataset, Role.REVIEWER)
    answers = standing(decisions)
    own = [one for one in answers if one.reviewer_id == user.pk and one.origin == Origin.REVIEW]
    alone = len(own) == len(answers) == item.answers and (bool(own) or item.status != Status.WAITING)
    correct = manages or (reviews and alone)
    return {
        "correct": correct,
        "exclude": correct and item.status != Status.EXCLUDED,
        "include": manages and item.status == Status.EXCLUDED,
        "undo": {one.pk for one in answers if manages or (reviews and one.reviewer_id == user.pk and one in own)},
    }


def _clearing(user: User, dataset: Dataset, item: Item) -> dict[str, Any]:
    """Who has called the item's text ordinary, and what this person may say of it."""
    cleared = cleared_among([item]).get(item.pk)
    reviews = opens(user, dataset, Role.REVIEWER)
    own = cleared is not None and cleared.said_by_id == user.pk
    return {
        "cleared": cleared,
        "may_clear": cleared is None and reviews and bool(stopped_among([item.pk])),
        "may_take_back": cleared is not None and (opens(user, dataset, Role.MANAGER) or (reviews and own)),
    }


def _sides(item: Item) -> dict[str, LabelValue | None]:
    machine = item.auto_prelabel.value if item.auto_prelabel else None
    return {"people": item.human_value, "machine": machine}


def _history(
    presenter: Presenter, item: Item, prelabels: Sequence[PreLabel], decisions: Sequence[Decision]
) -> list[tuple[datetime, str, Any, str]]:
    """(time, kind, row, label in words), oldest first."""
    rows: list[tuple[datetime, str, Any, str]] = []
    for row in prelabels:
        row.shares = list(presenter.shares(row).items())  # type: ignore[attr-defined]
        row.sure = presenter.sure(row)  # type: ignore[attr-defined]
        rows.append((row.created_at, "prelabel", row, presenter.says(item, row.value) if row.value else ""))
    rows += [
        (row.decided_at, "decision", row, presenter.says(item, row.value) if row.value else "") for row in decisions
    ]
    cleared = Clearance.objects.filter(item=item).select_related("said_by").order_by("-id")[:MOST]
    rows += [(row.said_at, "clearance", row, "Ordinary text" if row.ordinary else "Not cleared") for row in cleared]
    return sorted(rows, key=lambda row: row[0])
