"""The item list: index-backed filters and orders, keyset pages, column selection, saved views."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role, User
from accounts.requests import user_of
from datasets.access import dataset_for, has_role, opens
from datasets.item_filters import ItemFilter
from datasets.item_forms import ITEM_COLUMNS, USUAL_COLUMNS, ItemFilterForm
from datasets.item_kinds import ITEM_KINDS
from datasets.item_lists import ORDERS, cursor_of, ordered, total_of
from datasets.models import Dataset, Item
from datasets.querysets.items import ItemQuerySet
from datasets.saved_views import delete_view, save_view, views_for
from ground.errors import CountersignError, InvalidInput
from ground.web.requests import wants_fragment
from kinds import NOWHERE, TASK_KINDS
from kinds.named import named
from kinds.summary import in_words, under_names

# Columns that the list does not need and that may be large.
_HEAVY = ("auto_prelabel__value", "auto_prelabel__raw_answer", "auto_prelabel__alternatives")
PAGE = 50


@require_GET
def items(request: HttpRequest, slug: str) -> HttpResponse:
    """Find items by words, status, class, confidence, labeler, split and disagreement."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    form = ItemFilterForm(request.GET or None, dataset=dataset)
    try:
        wanted, problem = ItemFilter.read(request.GET, dataset), ""
    except InvalidInput as error:
        wanted, problem = ItemFilter(), error.message
    rows = wanted.rows(dataset)
    sort = request.GET.get("sort", "") if request.GET.get("sort") in ORDERS else "newest"
    found = [] if problem else list(_page(rows, sort, request.GET.get("after", "")))
    kept = {name: values for name, values in request.GET.lists() if any(values) and name not in {"after", "columns"}}
    columns = _columns(request.GET)
    if columns != USUAL_COLUMNS:
        kept["columns"] = [*columns]
    context = {
        "dataset": dataset,
        "tab": "items",
        "form": form,
        "problem": problem,
        "items": _told(dataset, found[:PAGE]),
        "preview": ITEM_KINDS[dataset.item_kind].preview,
        "total": None if problem else total_of(dataset, wanted, rows),
        "filtered": bool(wanted),
        "first": "after" in request.GET,
        "first_query": urlencode(kept, doseq=True),
        "next_query": _next_query(kept, found, sort),
        "columns": [(name, title, name in columns) for name, title in ITEM_COLUMNS.items()],
        "shown": columns,
        "filter_query": wanted.query,
        **_about(user, dataset),
    }
    if TASK_KINDS[dataset.task_kind].unit == "element":
        context["elements_url"] = f"{reverse('class-elements', args=[slug])}?{urlencode({'label': wanted.label})}"
    template = "datasets/items/_results.html" if wants_fragment(request) else "datasets/items/list.html"
    return render(request, template, context)


def _about(user: User, dataset: Dataset) -> dict[str, Any]:
    """The user's permissions and saved views."""
    return {
        "may_share": has_role(user, dataset, Role.MANAGER),
        "may_change": opens(user, dataset, Role.MANAGER),
        "may_clear": dataset.item_kind == "text",
        "may_label": named(TASK_KINDS[dataset.task_kind]) is not None,
        "saved_views": views_for(user, dataset),
        "user_id": user.pk,
    }


def _columns(asked: QueryDict) -> tuple[str, ...]:
    """The requested columns, in their usual order."""
    named_ones = set(asked.getlist("columns"))
    return tuple(name for name in ITEM_COLUMNS if name in named_ones) or USUAL_COLUMNS


def _page(rows: ItemQuerySet, sort: str, cursor: str) -> ItemQuerySet:
    """One row more than a page; an invalid cursor gives the first page."""
    listed = rows.defer(*_HEAVY).select_related("split", "auto_labeler", "asset", "auto_prelabel", "decided_by")
    try:
        return ordered(listed, sort, cursor)[: PAGE + 1]
    except ValueError:
        return ordered(listed, sort)[: PAGE + 1]


def _told(dataset: Dataset, found: list[Item]) -> list[Item]:
    """The items, each with its predicted and human label in short."""
    kind = TASK_KINDS[dataset.task_kind]
    names = named(kind)
    for item in found:
        said, given = item.auto_labels, item.human_labels
        if names is None:
            found_of = item.auto_prelabel.counts if item.auto_prelabel else None
            counts, _ = under_names(found_of or {}, {}, dataset.merged_classes)
            item.machine_says = None if said is None else in_words(counts)  # type: ignore[attr-defined]
            outline = None if item.human_value is None else kind.outline(item.human_value, NOWHERE)
            item.people_say = outline and outline.text  # type: ignore[attr-defined]
        else:
            item.machine_says = ", ".join(said or ())  # type: ignore[attr-defined]
            item.people_say = ", ".join(given or ())  # type: ignore[attr-defined]
    return found


def _next_query(kept: dict[str, list[str]], found: list[Item], sort: str) -> str:
    """The query string of the next page; empty if there is none."""
    if len(found) <= PAGE:
        return ""
    return urlencode(kept | {"after": [cursor_of(found[PAGE - 1], sort)]}, doseq=True)


@require_POST
def new_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the current list under a name."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    form = request.POST
    query = form.get("query", "").replace("\x00", "")
    try:
        view = save_view(
            dataset=dataset, owner=user, name=form.get("name", ""), query=query, shared=form.get("shared") == "on"
        )
        query = view.query
    except CountersignError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"View “{view.name}” saved.")
    return redirect(f"{reverse('items', args=[slug])}?{QueryDict(query[:2_000]).urlencode()}")


@require_POST
def remove_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Delete one of the user's own views."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    view = get_object_or_404(dataset.saved_views, pk=pk)
    if delete_view(dataset=dataset, owner=user, pk=view.pk):
        messages.success(request, "View deleted.")
    else:
        messages.error(request, "Only the owner of a view can delete it.")
    return redirect("items", slug)
