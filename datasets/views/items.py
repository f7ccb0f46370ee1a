"""The items browser: filters that keep to indexes, keyset pages, no count of the dataset."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for
from datasets.forms import ItemFilterForm
from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset, Item
from datasets.querysets.items import ItemQuerySet
from ground.web.requests import number_in, wants_fragment
from kinds import NOWHERE, TASK_KINDS
from kinds.named import named
from kinds.summary import in_words

# What a list has no use for, and may be long.
_HEAVY = ("auto_prelabel__value", "auto_prelabel__raw_answer", "auto_prelabel__alternatives")
PAGE = 50


@require_GET
def items(request: HttpRequest, slug: str) -> HttpResponse:
    """Find items by words, status, class, confidence, labeler, split."""
    dataset = dataset_for(user_of(request), slug)
    form = ItemFilterForm(request.GET or None, dataset=dataset)
    chosen: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = _filtered(dataset, chosen)
    # A cell of the confusion matrix names whole sets of classes, which no field of the form can.
    for name, column in (("auto", "auto_labels"), ("people", "human_labels")):
        if labels := [label.replace("\x00", "") for label in request.GET.getlist(name)]:
            rows = rows.filter(**{column: labels})
    sort = chosen.get("sort", "")
    found = list(_after(rows, sort, request.GET.get("after", ""))[: PAGE + 1])
    kept = {name: values for name, values in request.GET.lists() if any(values) and name != "after"}
    context = {
        "dataset": dataset,
        "tab": "items",
        "form": form,
        "items": _told(dataset, found[:PAGE]),
        "preview": ITEM_KINDS[dataset.item_kind].preview,
        "filtered": bool(kept),
        "first": "after" in request.GET,
        "first_query": urlencode(kept, doseq=True),
        "next_query": _next_query(kept, found, sort),
    }
    if TASK_KINDS[dataset.task_kind].unit == "element":
        context["elements_url"] = (
            f"{reverse('class-elements', args=[slug])}?{urlencode({'label': chosen.get('label') or ''})}"
        )
    template = "datasets/items/_results.html" if wants_fragment(request) else "datasets/items/list.html"
    return render(request, template, context)


def _told(dataset: Dataset, found: list[Item]) -> list[Item]:
    """The items, with what the machine and what people say of each in a few words."""
    kind = TASK_KINDS[dataset.task_kind]
    names = named(kind)
    for item in found:
        said, given = item.auto_labels, item.human_labels
        if names is None:
            counts = item.auto_prelabel.counts if item.auto_prelabel else None
            item.machine_says = None if said is None else in_words(counts or {})  # type: ignore[attr-defined]
            outline = None if item.human_value is None else kind.outline(item.human_value, NOWHERE)
            item.people_say = outline and outline.text  # type: ignore[attr-defined]
        else:
            item.machine_says = ", ".join(said or ())  # type: ignore[attr-defined]
            item.people_say = ", ".join(given or ())  # type: ignore[attr-defined]
    return found


def _next_query(kept: dict[str, list[str]], found: list[Item], sort: str) -> str:
    """The query of the page behind this one; empty when there is none."""
    if len(found) <= PAGE:
        return ""
    return urlencode(kept | {"after": [_cursor(found[PAGE - 1], sort)]}, doseq=True)


def _filtered(dataset: Dataset, chosen: dict[str, Any]) -> ItemQuerySet:
    rows: ItemQuerySet = (
        Item.objects.filter(dataset=dataset)
        .defer(*_HEAVY)
        .select_related("split", "auto_labeler", "asset", "auto_prelabel")
    )
    for name, lookup in (("status", "status"), ("lane", "lane"), ("labeler", "auto_labeler_id")):
        if chosen.get(name):
            rows = rows.filter(**{lookup: chosen[name]})
    if chosen.get("split"):
        rows = rows.filter(split__name=chosen["split"], split__dataset=dataset)
    for name, column in (("label", "auto_labels"), ("human", "human_labels")):
        if not chosen.get(name):
            continue
        if named(TASK_KINDS[dataset.task_kind]):
            rows = rows.with_label(column, chosen[name], among_others=dataset.multi_label)
        else:
            rows = rows.with_elements(chosen[name], dataset=dataset.pk, by_people=name == "human")
    if chosen.get("checks"):
        rows = rows.speaking(tallies.whole_strata(tallies.labelled_cells(dataset.pk, *tallies.STRATUM, "checked")))
    if chosen.get("low") is not None:
        rows = rows.filter(auto_confidence__gte=chosen["low"])
    if chosen.get("high") is not None:
        rows = rows.filter(auto_confidence__lte=chosen["high"])
    return rows.matching(chosen.get("q", "").replace("\x00", ""), dataset=dataset.pk)


def _after(rows: ItemQuerySet, sort: str, cursor: str) -> ItemQuerySet:
    """The rows behind the cursor in the order asked for; a cursor that is not understood is the first page."""
    confidence, _, last = cursor.rpartition("_")
    place = number_in(last)
    if sort not in {"least", "most"}:
        rows = rows.order_by("-id")
        return rows.filter(pk__lt=place) if place is not None else rows
    rows = rows.filter(auto_confidence__isnull=False)
    rows = rows.order_by("auto_confidence", "id") if sort == "least" else rows.order_by("-auto_confidence", "-id")
    try:
        known = float(confidence)
    except ValueError:
        return rows
    return rows.behind(known, place or 0, rising=sort == "least")


def _cursor(item: Item, sort: str) -> str:
    return f"{item.auto_confidence!r}_{item.pk}" if sort in {"least", "most"} else str(item.pk)
