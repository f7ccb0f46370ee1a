"""The audit log of a dataset, for its admins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import AuditAction, AuditEvent, Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Dataset
from ground.web.requests import number_in

PAGE = 50


@never_cache
@require_GET
def events(request: HttpRequest, slug: str) -> HttpResponse:
    """Audit events, newest first, filtered by action."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    rows = AuditEvent.objects.filter(dataset=dataset).select_related("actor").order_by("-id")
    action, before = request.GET.get("action", ""), request.GET.get("before", "")
    if action in AuditAction.values:
        rows = rows.filter(action=action)
    if (last := number_in(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: PAGE + 1])
    context = {
        "dataset": dataset,
        "tab": "members",
        "events": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "actions": _actions(dataset, action),
        "action": action,
    }
    return render(request, "datasets/members/log.html", context)


def _actions(dataset: Dataset, chosen: str) -> list[tuple[str, str]]:
    """The kinds of events that there are (people's acts: there are not many), and the one that a link asks for."""
    of_dataset = AuditEvent.objects.filter(dataset=dataset).order_by()
    there = set(of_dataset.values_list("action", flat=True).distinct()) | {chosen}
    return [(value, title) for value, title in AuditAction.choices if value in there]
