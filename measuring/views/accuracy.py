"""The accuracy page: two views, each figure with n, interval and a link to its items."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for, opens
from datasets.making import label_task
from datasets.models import Dataset
from ground.errors import CountersignError
from ground.web.requests import wants_fragment
from kinds import TASK_KINDS
from measuring import evaluating
from measuring.charts import HEIGHT, WIDTH, Frame, Point, Tick, heat_level
from measuring.evaluating import is_evaluated
from measuring.metrics import AccuracyReport, Bin, ConfusionCell, View, accuracy_report, reliability, reviewer_figures
from measuring.models import Evaluation
from work.models import State

# Above this size only the most confused classes are shown.
MAX_HEAT = 20
MAX_CONFUSED = 30


_OVER = [State.DONE, State.CANCELLED]


@never_cache
@require_GET
def accuracy(request: HttpRequest, slug: str) -> HttpResponse:
    """Precision, recall, F1 and support per class; confusion; calibration."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    manages = opens(user, dataset, Role.MANAGER)
    if wants_fragment(request) and request.GET.get("part") == "evaluation":
        return render(request, "measuring/_evaluation.html", _evaluation(dataset, manages=manages))
    report = accuracy_report(dataset)
    estimated = request.GET.get("view") != "reviewed"
    view = report.estimated if estimated else report.reviewed
    titles = {row.name: str(row) for row in dataset.label_classes.all()}
    context = {
        "dataset": dataset,
        "tab": "accuracy",
        "report": report,
        "view": view,
        "estimated": estimated,
        "classes": _sorted(view, request.GET.get("sort", "")),
        "titles": titles,
        "by_element": report.unit == "element",
        "overlap": _lies_somewhere(dataset),
        "evaluated": is_evaluated(dataset),
        **_evaluation(dataset, manages=manages),
        "confused": _confused(dataset, view, checks=estimated),
        "heat": heat(dataset, view, checks=estimated),
        "reliability": reliability_chart(reliability(dataset)),
        "anchoring": anchoring(report),
        "reviewers": reviewer_figures(dataset, only=None if manages else user.pk),
    }
    return render(request, "measuring/accuracy.html", context)


def _evaluation(dataset: Dataset, *, manages: bool) -> dict[str, Any]:
    """Context of the section about average precision."""
    return {
        "dataset": dataset,
        "evaluation": Evaluation.objects.filter(dataset=dataset, state=State.DONE).first(),
        "evaluating": Evaluation.objects.filter(dataset=dataset).exclude(state__in=_OVER).first(),
        "manages": manages,
    }


@require_POST
def evaluate(request: HttpRequest, slug: str) -> HttpResponse:
    """Start an evaluation."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    try:
        evaluating.evaluate(dataset=dataset, actor=user)
        messages.success(request, "Computing average precision.")
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("accuracy", slug)


def _sorted(view: View, sort: str) -> list[Any]:
    rows = [row for row in view.classes if row.support or row.predicted]
    if sort == "precision":
        return sorted(rows, key=lambda row: (row.precision.value is None, row.precision.value))
    if sort == "recall":
        return sorted(rows, key=lambda row: (row.recall.value is None, row.recall.value))
    if sort == "support":
        return sorted(rows, key=lambda row: -row.support)
    return rows


def anchoring(report: AccuracyReport) -> str:
    """A note if reviewers agree more with shown labels; empty while the two intervals overlap."""
    blind, shown = report.blind, report.shown
    if blind.high is None or shown.low is None or blind.n < 30 or shown.n < 30:
        return ""
    return "Agreement is higher where the label was shown." if shown.low > blind.high else ""


def _lies_somewhere(dataset: Dataset) -> bool:
    """Whether overlaps of matched elements vary."""
    task = label_task(dataset)
    return TASK_KINDS[task.task_kind].least_overlap(task) < 1


def _cell_url(dataset: Dataset, cell: ConfusionCell, *, checks: bool) -> str:
    """Link to the cell's n items or elements."""
    more = {"checks": ["on"]} if checks else {}
    asked: dict[str, Sequence[str]]
    if TASK_KINDS[dataset.task_kind].unit == "element":
        asked = {"predicted": cell.auto or [""], "human": cell.human or [""]}
        return f"{reverse('elements', args=[dataset.slug])}?{urlencode(asked | more, doseq=True)}"
    asked = {"auto": cell.auto, "people": cell.human}
    if not dataset.multi_label:
        asked = {"label": cell.auto, "human": cell.human}
    return f"{reverse('items', args=[dataset.slug])}?{urlencode(asked | more, doseq=True)}"


def _confused(dataset: Dataset, view: View, *, checks: bool) -> list[tuple[ConfusionCell, str]]:
    """For items, pairs with both classes; for elements also one-sided ones."""
    by_element = TASK_KINDS[dataset.task_kind].unit == "element"
    wrong = [cell for cell in view.confusion if not cell.right and (by_element or (cell.auto and cell.human))]
    return [(cell, _cell_url(dataset, cell, checks=checks)) for cell in wrong[:MAX_CONFUSED]]


# Stands for no element, at the end of the table: missed and spurious ones.
NOTHING = ""


def heat(dataset: Dataset, view: View, *, checks: bool) -> dict[str, Any]:
    """The confusion matrix as rows of cells (human class by predicted class), shaded by share of the row."""
    cells = _single(dataset, view)
    wrong: dict[str, float] = {}
    for (human, auto), cell in cells.items():
        if human != auto:
            wrong[human] = wrong.get(human, 0) + (cell.count or cell.n)
            wrong[auto] = wrong.get(auto, 0) + (cell.count or cell.n)
    seen = _in_order(dataset, {name for key in cells for name in key})
    cut = len(seen) > MAX_HEAT
    if cut:
        worst = {NOTHING, *sorted(seen, key=lambda name: -wrong.get(name, 0))[:MAX_HEAT]}
        seen = [name for name in seen if name in worst]
    totals: dict[str, float] = {}
    for (human, _), cell in cells.items():
        totals[human] = totals.get(human, 0) + (cell.count or cell.n)
    rows = []
    for human in seen:
        row = []
        for auto in seen:
            found = cells.get((human, auto))
            share = (found.count or found.n) / totals[human] if found is not None else 0.0
            url = _cell_url(dataset, found, checks=checks) if found is not None else ""
            count = "" if found is None else f"({found.n})" if found.count is None else f"{found.count:.0f}"
            shown = {"cell": found, "count": count, "url": url, "level": heat_level(share)}
            row.append({**shown, "auto": auto or "nothing", "right": human == auto and auto != NOTHING})
        rows.append((human or "nothing: spurious", row))
    return {"columns": [name or "nothing: missed" for name in seen], "rows": rows, "cut": cut}


def _single(dataset: Dataset, view: View) -> dict[tuple[str, str], ConfusionCell]:
    """Cells by human and predicted class; for items, those with one class each."""
    if TASK_KINDS[dataset.task_kind].unit == "element":
        return {("".join(cell.human), "".join(cell.auto)): cell for cell in view.confusion}
    return {
        (cell.human[0], cell.auto[0]): cell for cell in view.confusion if len(cell.human) == 1 and len(cell.auto) == 1
    }


def _in_order(dataset: Dataset, there: set[str]) -> list[str]:
    """The classes that occur, in the dataset's order; then other element names, and "nothing" last."""
    known = [row.name for row in dataset.label_classes.all() if row.name in there]
    return known + sorted(there - {*known, NOTHING}) + sorted(there & {NOTHING})


def reliability_chart(bins: Sequence[Bin]) -> dict[str, Any]:
    """Points of accuracy over confidence, with intervals, against the diagonal."""
    frame = Frame(0, 1)
    points = [
        Point(
            frame.x(one.confidence),
            frame.y(one.accuracy.value),
            f"confidence {one.confidence:.0%}, accuracy {one.accuracy.value:.0%} of {one.accuracy.n}",
        )
        for one in bins
        if one.accuracy.value is not None
    ]
    whiskers = [
        (frame.x(one.confidence), frame.y(one.accuracy.low), frame.y(one.accuracy.high))
        for one in bins
        if one.accuracy.low is not None and one.accuracy.high is not None
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "points": points,
        "whiskers": whiskers,
        "diagonal": frame.path([(0, 0), (1, 1)]),
        "x_ticks": [Tick(frame.x(part / 5), f"{part * 20}%") for part in range(6)],
        "y_ticks": frame.percent_ticks(),
        "bins": [one for one in bins if one.accuracy.n],
    }
