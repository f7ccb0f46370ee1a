"""Predicted elements of one class, least confident first."""

from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.models import Item, ItemClass
from ground.web.requests import asked, number_in
from kinds import TASK_KINDS
from measuring.metrics.opening import of_class

PAGE = 24


@require_GET
def class_elements(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of items with their elements of the class (`label`), by the least confident one."""
    dataset = dataset_for(user_of(request), slug)
    if TASK_KINDS[dataset.task_kind].unit != "element":
        # Classification has no elements to list.
        return redirect("items", dataset.slug)
    classes = list(dataset.label_classes.filter(merged_into=None))
    label = asked(request.GET, "label")
    chosen = next((one for one in classes if one.name == label), classes[0] if classes else None)
    rows = ItemClass.objects.filter(dataset=dataset, by_people=False, label_class=chosen, floor__isnull=False)
    if place := _place(asked(request.GET, "after")):
        floor, item = place
        rows = rows.filter(Q(floor__gt=floor) | Q(item__gt=item), floor__gte=floor)
    found = list(rows.order_by("floor", "item")[: PAGE + 1])
    items = Item.objects.select_related("asset", "auto_prelabel").in_bulk([row.item_id for row in found[:PAGE]])
    kept = {"label": chosen.name} if chosen else {}
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "dataset": dataset,
        "tab": "items",
        "classes": classes,
        "chosen": chosen,
        "opened": of_class(dataset, [items[row.item_id] for row in found[:PAGE]], chosen.name) if chosen else [],
        "first_query": urlencode(kept) if place else "",
        "next_query": urlencode(kept | {"after": f"{last.floor!r}_{last.item_id}"}) if last else "",
    }
    return render(request, "measuring/class_elements.html", context)


def _place(cursor: str) -> tuple[float, int] | None:
    """Confidence and item at which the last page ended; an invalid one gives the first page."""
    floor, _, last = cursor.rpartition("_")
    item = number_in(last)
    try:
        known = float(floor)
    except ValueError:
        return None
    # What is compared with nothing.
    return (known, item) if item is not None and 0 <= known <= 1 else None
