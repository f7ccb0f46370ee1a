"""Pages of labelers and their runs: configure, test, train, run, watch, roll back."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for, has_role, opens
from datasets.models import Dataset, Status
from datasets.policies import current_policy
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.answers import compared
from ground.web.requests import number_in, wants_fragment
from labeling.labelers import LABELER_KINDS
from labeling.models import Labeler, Run, RunScope
from labeling.policies.editions import Comparison, comparisons
from labeling.runs import planning
from labeling.runs.actions import act_on_run
from labeling.runs.progress import progress as run_progress
from labeling.runs.results import bars
from labeling.setup import defining, training, trying
from labeling.setup.forms import LabelerForm, form_for
from work.models import State

PAGE = 20
SAMPLE = 100


@require_GET
def labelers(request: HttpRequest, slug: str) -> HttpResponse:
    """The labelers of a dataset by priority, and its runs."""
    dataset = dataset_for(user_of(request), slug)
    before = request.GET.get("before", "")
    rows = dataset.runs.select_related("labeler", "model_version").order_by("-id")
    measured = comparisons(dataset)
    found = list((rows.filter(pk__lt=int(before)) if number_in(before) else rows)[: PAGE + 1])
    context = {
        "dataset": dataset,
        "tab": "labelers",
        "labelers": [(one, _about(one, measured[one.pk])) for one in dataset.labelers.order_by("-order", "id")],
        "kinds": [(name, kind.title) for name, kind in LABELER_KINDS.items() if kind.runnable],
        "runs": [(run, run_progress(run)) for run in found[:PAGE]],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "labeling/labelers/list.html", context)


def _about(labeler: Labeler, comparison: Comparison) -> dict[str, Any]:
    version = labeler.model_versions.order_by("-number").first()
    return {
        "kind": LABELER_KINDS[labeler.kind],
        "version": version,
        "comparison": comparison,
        "threshold": defining.labeler_threshold(labeler),
        "runnable": LABELER_KINDS[labeler.kind].runnable,
        "trainable": LABELER_KINDS[labeler.kind].trainable,
        "costs_money": defining.costs_money(labeler.kind, labeler.config),
        "training": labeler.trainings.filter(state__in=[State.PENDING, State.RUNNING]).exists(),
    }


@require_http_methods(["GET", "POST"])
def new_labeler(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Create a labeler of one kind."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    if kind not in LABELER_KINDS or not LABELER_KINDS[kind].runnable:
        return redirect("labelers", slug)
    # What costs money does not begin by itself unless somebody says so.
    usual: dict[str, Any] = {"enabled": not defining.costs_money(kind, {})}
    classes = list(dataset.label_classes.filter(retired_at__isnull=True).values_list("name", flat=True)[:2])
    examples = [one for one in LABELER_KINDS[kind].settings or () if one.example]
    usual |= {one.name: one.example_for(classes) for one in examples}
    may_set_secret = _may_set_secret(request, dataset)
    form = LabelerForm(request.POST or None, kind=kind, initial=usual, may_set_secret=may_set_secret)
    if request.method == "POST" and form.is_valid():
        try:
            labeler = defining.create_labeler(dataset=dataset, actor=user_of(request), kind=kind, **form.settings())
        except CountersignError as error:
            form.add_problem(error)
        else:
            messages.success(request, "Labeler created. Test it before you run it on everything.")
            return redirect("labeler", slug, labeler.pk)
    context = {"dataset": dataset, "tab": "labelers", "form": form, "kind": LABELER_KINDS[kind]}
    return render(request, "labeling/labelers/edit.html", context, status=422 if form.errors else 200)


def _standing(dataset: Dataset) -> dict[str, int]:
    """Number of reviewed and unreviewed items."""
    found = tallies.standing(dataset.pk).by_status
    settled = {Status.REVIEWED, Status.DISPUTED, Status.EXCLUDED}
    return {
        "reviewed": found.get(Status.REVIEWED, 0),
        "open": sum(n for status, n in found.items() if status not in settled),
    }


def _may_set_secret(request: HttpRequest, dataset: Dataset) -> bool:
    return has_role(user_of(request), dataset, Role.ADMIN)


@never_cache
@require_http_methods(["GET", "POST"])
def labeler(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One labeler: settings, models, tests."""
    changing = request.method == "POST"
    dataset = dataset_for(user_of(request), slug, Role.MANAGER if changing else Role.VIEWER)
    one = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    if wants_fragment(request):
        return _fragment(request, dataset, one)
    form: LabelerForm = form_for(one, request.POST or None, may_set_secret=_may_set_secret(request, dataset))
    seen, stale = stamp_of(defining.labeler_state(one)), None
    if changing and form.is_valid():
        try:
            defining.change_labeler(
                labeler=one, actor=user_of(request), seen=request.POST.get("seen", ""), **form.settings()
            )
        except Stale as error:
            seen, stale = error.stamp, compared(error)
        except CountersignError as error:
            form.add_problem(error)
        else:
            messages.success(request, "Saved. Runs that have started keep their settings.")
            return redirect("labeler", slug, pk)
    context = {
        **_trial_context(dataset, one),
        "tab": "labelers",
        "form": form,
        "seen": seen,
        "stale": stale,
        "kind": LABELER_KINDS[one.kind],
        "about": _about(one, comparisons(dataset)[one.pk]),
        "accepts_uncalibrated": current_policy(dataset).accept_uncalibrated,
        "versions": one.model_versions.all()[:10],
        "training": one.trainings.first(),
        "sample": SAMPLE,
        "standing": _standing(dataset),
        "may_manage": opens(user_of(request), dataset, Role.MANAGER),
        "config": json.dumps(one.config, indent=2, ensure_ascii=False),
    }
    return render(
        request, "labeling/labelers/detail.html", context, status=409 if stale else 422 if form.errors else 200
    )


def _fragment(request: HttpRequest, dataset: Dataset, one: Labeler) -> HttpResponse:
    """The polled fragment: the test, or the training, which reloads the page at its end."""
    if request.GET.get("part") != "training":
        return render(request, "labeling/labelers/_trial.html", _trial_context(dataset, one))
    training = one.trainings.first()
    context = {"dataset": dataset, "labeler": one, "training": training}
    response = render(request, "labeling/labelers/_training.html", context)
    if training is None or training.state not in {State.PENDING, State.RUNNING}:
        response["HX-Refresh"] = "true"
    return response


def _trial_context(dataset: Dataset, one: Labeler) -> dict[str, Any]:
    trial = one.trials.first()
    going = trial is not None and trial.state in {State.PENDING, State.RUNNING}
    newest = one.model_versions.first()
    older = trial is not None and newest is not None and trial.created_at < newest.created_at
    return {"dataset": dataset, "labeler": one, "trial": trial, "going": going, "before": newest if older else None}


@require_POST
def act(request: HttpRequest, slug: str, pk: int, action: str) -> HttpResponse:
    """Test on five items, train, run over a sample, run over all unreviewed items."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    one = get_object_or_404(Labeler, dataset=dataset, pk=pk)
    try:
        run = _start(request, one, action)
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("labeler", slug, pk)
    return redirect("run", slug, run.pk) if run else redirect("labeler", slug, pk)


def _start(request: HttpRequest, one: Labeler, action: str) -> Run | None:
    actor = user_of(request)
    if action == "try":
        trying.try_labeler(labeler=one, actor=actor)
        return None
    if action == "train":
        then_run = "then_run" in request.POST
        training.start_training(labeler=one, actor=actor, then_run=then_run)
        after = (
            "All unreviewed items will then be re-predicted." if then_run else "Existing predictions stay as they are."
        )
        messages.success(request, f"Training started. {after}")
        return None
    return planning.start_run(
        labeler=one,
        actor=actor,
        sample=SAMPLE if action == "sample" else None,
        scope=RunScope.UNSEEN if action == "unseen" else RunScope.REMAINING,
    )


@never_cache
@require_GET
def run_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One run: progress, rate, errors by kind, cost; a fragment that polls while the run is active."""
    dataset = dataset_for(user_of(request), slug)
    run = get_object_or_404(
        Run.objects.select_related("labeler", "model_version", "created_by"), dataset=dataset, pk=pk
    )
    recall = run.recalls.first()
    recalling = recall is not None and recall.state in {State.PENDING, State.RUNNING}
    context = {
        "dataset": dataset,
        "tab": "labelers",
        "run": run,
        "progress": run_progress(run),
        "going": recalling or run.status in {"planning", "running"},
        "failures": run.prelabels.filter(outcome="failed").select_related("item").order_by("item")[:20],
        "recall": recall,
        "bars": bars(run.results["confidences"]) if run.results else [],
        "may_manage": has_role(user_of(request), dataset, Role.MANAGER),
    }
    return render(
        request, "labeling/runs/_progress.html" if wants_fragment(request) else "labeling/runs/detail.html", context
    )


@require_POST
def run_act(request: HttpRequest, slug: str, pk: int, action: str) -> HttpResponse:
    """Pause, resume, cancel, retry, roll back."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER, ends=action == "cancel")
    run = get_object_or_404(Run.objects.select_related("labeler", "dataset"), dataset=dataset, pk=pk)
    try:
        act_on_run(run, action, user_of(request))
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("run", slug, pk)
    if action == "retry":
        return redirect("run", slug, Run.objects.filter(retry_of=run).latest("id").pk)
    if action == "recall":
        messages.success(request, "The run is being rolled back. Human labels stay.")
    return redirect("run", slug, pk)
