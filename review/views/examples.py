"""Reviewed examples of a class, beside the guidelines."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.requests import AuthenticatedHttpRequest
from datasets.access import dataset_for
from datasets.models import Dataset, Item, Status

SHOWN = 3
# Longest name of a class.
NAME = 200


@never_cache
@require_GET
def examples(request: AuthenticatedHttpRequest, slug: str) -> HttpResponse:
    """The latest reviewed items of the class `?label=`, as a fragment."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    label = request.GET.get("label", "")[:NAME].replace("\x00", "")
    context = {
        "dataset": dataset,
        "images": dataset.item_kind == "image",
        "examples": _settled(dataset, label),
    }
    return render(request, "review/_examples.html", context)


def _settled(dataset: Dataset, label: str) -> list[Item]:
    """Excludes items that others still label independently: their label must not be revealed."""
    rows = Item.objects.filter(status=Status.REVIEWED, dataset=dataset, human_labels=[label])
    return list(rows.order_by("-id")[:SHOWN])
