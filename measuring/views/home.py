"""A dataset's home page: status, next steps, accuracy and how it is estimated."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for, opens
from datasets.models import Dataset, Lane, Status
from datasets.policies import current_policy
from ground.errors import CountersignError
from ground.web.requests import number_in, wants_fragment
from labeling.labelers import runnable_kinds
from labeling.policies.editions import in_force, rule_of
from labeling.runs.progress import progress as run_progress
from measuring.charts import HEIGHT, WIDTH, Bar, Frame, Point, Tick
from measuring.metrics import Day, accuracy_report, days
from review.queue import sending
from work.models import State

RUNS = 4
DAYS = 30


@never_cache
@require_GET
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures, polled every few seconds while jobs are running."""
    user = user_of(request)
    dataset = dataset_for(user, slug)
    standing = tallies.standing(dataset.pk)
    recent = [(run, run_progress(run)) for run in dataset.runs.select_related("labeler")[:RUNS]]
    going = (
        any(run.status in {"planning", "running"} for run, _ in recent)
        or dataset.imports.filter(state__in=[State.PENDING, State.RUNNING]).exists()
        or dataset.reroutes.filter(state__in=[State.PENDING, State.RUNNING]).exists()
    )
    policy = current_policy(dataset)
    context = {
        "dataset": dataset,
        "tab": "dataset",
        "standing": standing,
        "status": {name: standing.by_status.get(name, 0) for name in Status.values},
        "lanes": [(lane.label, standing.by_lane[lane]) for lane in Lane if standing.by_lane.get(lane)],
        "runs": recent,
        "going": going,
        "policy": policy,
        "in_force": in_force(dataset, rule_of(policy)),
        "report": accuracy_report(dataset),
        "may_manage": opens(user, dataset, Role.MANAGER),
        "may_review": opens(user, dataset, Role.REVIEWER),
        **_next_step(dataset, standing),
    }
    if wants_fragment(request):
        return render(request, "measuring/_home.html", context)
    return render(request, "measuring/home.html", context | {"chart": days_chart(days(dataset, back=DAYS))})


def _next_step(dataset: Dataset, standing: tallies.Standing) -> dict[str, Any]:
    """Next steps for a dataset without predictions or reviews."""
    pending = standing.by_status.get(Status.PENDING, 0)
    labelers = dataset.labelers.filter(kind__in=runnable_kinds()).exists()
    return {
        "needs_items": standing.total == 0,
        "needs_labeler": standing.total > 0 and pending > 0 and not labelers,
        "pending": pending,
    }


def days_chart(rows: list[Day]) -> dict[str, Any]:
    """Bars of decisions and points of accuracy by day."""
    most = max((row.decisions for row in rows), default=0) or 1
    frame = Frame(0, len(rows))
    share = Frame(0, len(rows))
    bars, points = [], []
    for place, row in enumerate(rows):
        left, right = frame.x(place + 0.15), frame.x(place + 0.85)
        top = frame.y(row.decisions / most)
        title = f"{row.day:%d %b}: {row.decisions:,} decisions"
        if row.decisions:
            bars.append(Bar(left, top, round(right - left, 1), round(frame.y(0) - top, 1), title))
        if row.accuracy.value is not None:
            words = f"{row.day:%d %b}: {row.accuracy.value:.1%} of {row.accuracy.n} random checks right"
            points.append(Point(share.x(place + 0.5), share.y(row.accuracy.value), words))
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "bars": bars,
        "points": points,
        "accuracy": " ".join(f"{'L' if at else 'M'}{point.x} {point.y}" for at, point in enumerate(points)),
        "x_ticks": [Tick(frame.x(place + 0.5), f"{row.day:%d %b}") for place, row in enumerate(rows) if place % 5 == 0],
        "y_ticks": frame.percent_ticks(),
        "most": most,
        "rows": [row for row in rows if row.decisions],
    }


@require_POST
def send_to_review(request: HttpRequest, slug: str) -> HttpResponse:
    """Send random pending items to review before any prediction exists."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    count = request.POST.get("count", "")
    try:
        sent = sending.send_to_review(dataset=dataset, actor=user_of(request), count=number_in(count) or 0)
        messages.success(request, f"{sent:,} items sent to review.")
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("dataset", slug)
