"""What people have given a class: examples beside the guidelines."""

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
    """The latest items that people have settled as the class `?label=`, as a fragment."""
    dataset = dataset_for(request.user, slug, Role.REVIEWER)
    label = request.GET.get("label", "")[:NAME].replace("\x00", "")
    context = {
        "dataset": dataset,
        "images": dataset.item_kind == "image",
        "examples": _settled(dataset, label),
    }
    return render(request, "review/_examples.html", context)


def _settled(dataset: Dataset, label: str) -> list[Item]:
    """Answers that others still give independently are no examples: nobody is to copy them."""
    rows = Item.objects.filter(status=Status.REVIEWED, dataset=dataset, human_labels=[label])
    return list(rows.order_by("-id")[:SHOWN])
