"""The policy page: thresholds, rates, preview, and all versions."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for, opens
from datasets.models import Dataset
from ground.errors import CountersignError
from ground.web.requests import wants_fragment
from labeling.policies.editions import accept_uncalibrated
from measuring.charts import HEIGHT, WIDTH, Frame, Tick
from measuring.forms import CertificateForm
from measuring.metrics import WhatIf, certified_threshold, what_if
from measuring.thresholds import Thresholds
from work.models import State

VERSIONS = 20


@never_cache
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the policy, with `?threshold=…` a preview; POST creates a version and re-routes."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER if request.method == "POST" else Role.VIEWER)
    asked = request.POST if request.method == "POST" else request.GET if "threshold" in request.GET else None
    thresholds = Thresholds(dataset, asked)
    if request.method == "POST" and (made := thresholds.save(user, request.POST.get("seen", ""))):
        messages.success(request, f"Policy version {made.version} applied. Items are being re-routed.")
        return redirect("policy", slug)
    template = "measuring/_whatif.html" if wants_fragment(request) else "measuring/policy.html"
    return render(request, template, _context(request, dataset, thresholds), status=thresholds.status)


def _context(request: HttpRequest, dataset: Dataset, thresholds: Thresholds) -> dict[str, Any]:
    wanted = thresholds.wanted
    rows = what_if(dataset, audit_rate=wanted.audit_rate)
    allowed = CertificateForm(request.GET if "wrong" in request.GET else None)
    return {
        "dataset": dataset,
        "tab": "policy",
        "policy": thresholds.policy,
        "thresholds": thresholds,
        "seen": thresholds.seen,
        "stale": thresholds.stale,
        "form": thresholds.form,
        "preview": thresholds.preview,
        "changed": thresholds.form.is_bound,
        "threshold": wanted.threshold,
        "rows": rows,
        "allowed": allowed,
        "certificate": certified_threshold(dataset, target=allowed.target) if allowed.is_valid() else None,
        "chart": threshold_chart(rows, sorted({one.threshold for one in thresholds.labelers})),
        "versions": dataset.policies.select_related("created_by")[:VERSIONS],
        "reroute": dataset.reroutes.filter(state__in=[State.PENDING, State.RUNNING, State.FAILED]).first(),
        "labelers": thresholds.labelers,
        "may_manage": opens(user_of(request), dataset, Role.MANAGER),
    }


@require_POST
def trust(request: HttpRequest, slug: str) -> HttpResponse:
    """Allow or forbid accepting labels of uncalibrated labelers; creates a version."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    accept = request.POST.get("accept") == "on"
    try:
        made = accept_uncalibrated(dataset=dataset, actor=user, accept=accept)
    except CountersignError as error:
        messages.error(request, error.message)
    else:
        said = "Uncalibrated labels are accepted" if accept else "Labels of uncalibrated labelers go to review"
        messages.success(request, f"Policy version {made.version} applied. {said}; items are being re-routed.")
    return redirect("policy", slug)


def threshold_chart(rows: list[WhatIf], thresholds: Sequence[float]) -> dict[str, Any]:
    """Coverage and accuracy of auto-accepted labels over the threshold, with the interval; vertical lines: current
    `thresholds`."""
    low = min((row.threshold for row in rows), default=0.5)
    frame = Frame(low, 1.0)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "share": frame.path([(row.threshold, row.share_accepted) for row in rows]),
        "accuracy": frame.path([(row.threshold, row.accuracy.value) for row in rows]),
        "band": frame.band([(row.threshold, row.accuracy.low, row.accuracy.high) for row in rows]),
        "rules": [frame.x(max(threshold, low)) for threshold in thresholds],
        "thresholds": thresholds,
        "x_ticks": [Tick(frame.x(part / 20), f"{part / 20:.2f}") for part in range(10, 21, 2)],
        "y_ticks": frame.percent_ticks(),
        "top": frame.y(1),
        "bottom": frame.y(0),
    }
