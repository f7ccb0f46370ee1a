"""Two versions of a labeler compared on the same random checks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for, opens
from ground.errors import CountersignError, InvalidInput
from ground.web.requests import asked
from labeling.models import Labeler
from labeling.setup.defining import costs_money
from measuring.metrics.versions import LEAST_DIFFERING, LISTED, chosen_pair, compare_versions, unpredicted, versions_of
from measuring.predicting_checks import predict_checks


@require_GET
def versions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The comparison of `old` and `new`; by default of the present version and the newest other."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    offered, problem = versions_of(labeler), ""
    try:
        pair = chosen_pair(offered, asked(request.GET, "old"), asked(request.GET, "new"))
    except InvalidInput as error:
        pair, problem = None, error.message
    old, new = pair or (None, None)
    context = {
        "dataset": dataset,
        "tab": "labelers",
        "labeler": labeler,
        "versions": offered,
        "problem": problem,
        "old": old,
        "new": new,
        "paired": compare_versions(dataset, *pair) if pair else None,
        "missing": len(unpredicted(dataset, new)) if new else 0,
        "may_manage": opens(user, dataset, Role.MANAGER),
        "costs_money": costs_money(labeler.kind, labeler.config),
        "least_differing": LEAST_DIFFERING,
        "listed": LISTED,
    }
    return render(request, "measuring/versions.html", context, status=422 if problem else 200)


@require_POST
def predict(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let the present version predict the random checks that it has not predicted."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    try:
        run = predict_checks(labeler=labeler, actor=user)
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("labeler-versions", slug, pk)
    return redirect("run", slug, run.pk)
