"""Bulk actions on the item list: preview, action, progress, undo."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Dataset
from datasets.selecting import MOST_NAMED, Selection, chosen
from ground.errors import CountersignError, InvalidInput
from ground.web.requests import number_in, wants_fragment
from kinds import TASK_KINDS
from kinds.named import named
from labeling.labelers import LABELER_KINDS
from labeling.models import Labeler
from labeling.runs.planning import start_run
from review.bulk.beginning import Preview, begin, given_for, preview, preview_run, undo_action
from review.editors.classes import class_list
from review.models import BulkAction, BulkKind
from work.models import State
from work.pace import pace

RUN = "run"
# Title of each action, and the text of its apply button.
TITLES = {
    BulkKind.SEND: "Send to review",
    BulkKind.LABEL: "Label",
    BulkKind.EXCLUDE: "Exclude",
    BulkKind.INCLUDE: "Include again",
    BulkKind.SPLIT: "Set split",
    BulkKind.CLEAR: "Mark as ordinary text",
    RUN: "Run a labeler",
}
LISTED = 50


@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Preview of the action; nothing changes."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    kind = request.POST.get("action", "")
    try:
        if kind not in TITLES:
            raise InvalidInput(f"action must be one of {', '.join(TITLES)}, not {kind[:60]!r}.", field="action")
        selection = _selection(request, dataset)
        context = _context(request, dataset, kind, selection)
    except InvalidInput as error:
        messages.error(request, error.message)
        return redirect(_list_of(request, slug))
    return render(request, "review/bulk/preview.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start the previewed action."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    kind = request.POST.get("action", "")
    try:
        selection = _selection(request, dataset)
        if kind == RUN:
            run = start_run(labeler=_labeler(request, dataset), actor=user, selection=selection)
            messages.success(request, "Run started. Roll it back here to undo it.")
            return redirect("run", slug, run.pk)
        action = begin(
            dataset=dataset,
            actor=user,
            selection=selection,
            kind=kind,
            given=given_for(dataset, kind, _raw(request, dataset, kind)),
        )
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect(_list_of(request, slug))
    return redirect("bulk-action", slug, action.pk)


@require_GET
def actions(request: HttpRequest, slug: str) -> HttpResponse:
    """Latest bulk actions."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    rows = dataset.bulk_actions.select_related("created_by", "undoes", "undone_by").order_by("-id")[:LISTED]
    return render(request, "review/bulk/list.html", {"dataset": dataset, "tab": "items", "actions": rows})


@require_GET
def action(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One action: progress, unchanged items, undo."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    one = get_object_or_404(dataset.bulk_actions.select_related("created_by", "undoes", "undone_by"), pk=pk)
    context = {
        "dataset": dataset,
        "tab": "items",
        "action": one,
        "going": one.state in {State.PENDING, State.RUNNING},
        "here": reverse("bulk-action", args=[slug, pk]),
        "undone_by": getattr(one, "undone_by", None),
        "pace": pace(units=one.done, done=one.done / one.total if one.total else 0, since=one.started_at),
        "may_undo": one.kind != BulkKind.UNDO and dataset.archived_at is None,
        "query": one.selection.get("query", ""),
    }
    template = "review/bulk/_progress.html" if wants_fragment(request) else "review/bulk/action.html"
    return render(request, template, context)


@require_POST
def undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Undo an action."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    one = get_object_or_404(BulkAction, dataset=dataset, pk=pk)
    try:
        undone = undo_action(action=one, actor=user)
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("bulk-action", slug, pk)
    return redirect("bulk-action", slug, undone.pk)


def _selection(request: HttpRequest, dataset: Dataset) -> Selection:
    form = request.POST
    if form.get("all") == "on":
        return chosen(dataset, query=QueryDict(form.get("query", "")[:4_000]))
    ids = [number for text in form.getlist("item")[: MOST_NAMED + 1] if (number := number_in(text)) is not None]
    return chosen(dataset, ids=ids)


def _list_of(request: HttpRequest, slug: str) -> str:
    """Back to the filtered list."""
    return f"{reverse('items', args=[slug])}?{QueryDict(request.POST.get('query', '')[:4_000]).urlencode()}"


def _raw(request: HttpRequest, dataset: Dataset, kind: str) -> dict[str, Any]:
    form = request.POST
    raw: dict[str, Any] = {"reason": form.get("reason", ""), "split": form.get("split", "")}
    if kind == BulkKind.LABEL:
        raw["value"] = {"labels": [name for name in dict.fromkeys(form.getlist("labels")) if name]}
    return raw


def _labeler(request: HttpRequest, dataset: Dataset) -> Labeler:
    number = number_in(request.POST.get("labeler", ""))
    found: Labeler | None = dataset.labelers.filter(pk=number).first() if number is not None else None
    if found is None:
        raise InvalidInput("Choose a labeler.", field="labeler")
    return found


def _context(request: HttpRequest, dataset: Dataset, kind: str, selection: Selection) -> dict[str, Any]:
    form = request.POST
    raw = _raw(request, dataset, kind)
    looks, problem = _looked_at(dataset, kind, selection, raw)
    kept = [("query", form.get("query", "")[:4_000])]
    kept += [("all", "on")] if selection.is_all else [("item", str(pk)) for pk in selection.ids]
    return {
        "dataset": dataset,
        "tab": "items",
        "kind": kind,
        "title": TITLES[kind],
        "preview": looks,
        "problem": problem,
        "count": looks.total if looks else len(selection.ids),
        "kept": kept,
        "is_all": selection.is_all,
        "reason": raw["reason"],
        "classes": class_list(dataset).classes if kind == BulkKind.LABEL else (),
        "picked": form.getlist("labels"),
        "splits": dataset.splits.order_by("name") if kind == BulkKind.SPLIT else (),
        "split": raw["split"],
        "labelers": [one for one in dataset.labelers.all() if LABELER_KINDS[one.kind].runnable] if kind == RUN else (),
        "back": _list_of(request, dataset.slug),
    }


def _looked_at(dataset: Dataset, kind: str, selection: Selection, raw: dict[str, Any]) -> tuple[Preview | None, str]:
    """The preview page, and the choices needed before a preview."""
    if kind == BulkKind.LABEL and named(TASK_KINDS[dataset.task_kind]) and not (raw["value"]["labels"]):
        return None, "Choose a class to see what would change."
    if kind == RUN:
        return preview_run(dataset=dataset, selection=selection), ""
    given = given_for(dataset, kind, raw, looking=True)
    return preview(dataset=dataset, selection=selection, kind=kind, given=given), ""
