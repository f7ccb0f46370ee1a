"""Two versions of a model on the same random checks, before one replaces the other."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for, opens
from datasets.models import Item
from datasets.selecting import chosen
from ground.errors import CountersignError
from ground.web.requests import asked, number_in
from labeling.models import Labeler, ModelVersion
from labeling.runs.planning import start_run
from measuring.metrics.versions import MOST_CHECKS, compare_versions

# The items that are compared: random checks that people have decided.
CHECKS = "status=reviewed&checks=on"


@require_GET
def versions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """`first` and `second` are numbers of versions; without them the two newest."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    known = list(labeler.model_versions.order_by("-number")[:100])
    context: dict[str, Any] = {"dataset": dataset, "tab": "labelers", "labeler": labeler, "versions": known}
    if len(known) > 1:
        first = _chosen(known, asked(request.GET, "first")) or known[1]
        second = _chosen(known, asked(request.GET, "second")) or known[0]
        found = compare_versions(dataset, labeler, first, second)
        titles = {row.name: str(row) for row in dataset.label_classes.all()}
        items = Item.objects.only("external_id", "text").in_bulk([item for item, _ in found.differing])
        context |= {
            "first": first,
            "second": second,
            "found": found,
            "classes": [(titles.get(row.name, row.name), row) for row in found.classes],
            "differing": [(items[item], second_right) for item, second_right in found.differing if item in items],
            "missing_first": found.missing[first.pk],
            "missing_second": found.missing[second.pk],
            "newest": known[0],
            "missing_newest": found.missing.get(known[0].pk, 0),
            "may_run": opens(user, dataset, Role.MANAGER),
            "most": MOST_CHECKS,
        }
    return render(request, "measuring/versions.html", context)


def _chosen(known: list[ModelVersion], number: str) -> ModelVersion | None:
    return next((one for one in known if one.number == number_in(number)), None)


@require_POST
def predict_checks(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let the newest version predict the random checks. People have decided them, so no label in use changes."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    try:
        run = start_run(labeler=labeler, actor=user, selection=chosen(dataset, query=QueryDict(CHECKS)))
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("compare-versions", slug, pk)
    messages.success(request, f"Run {run.pk} predicts the random checks. Come back when it is done.")
    return redirect("run", slug, run.pk)
