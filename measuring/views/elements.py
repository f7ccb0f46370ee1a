"""The elements of a confusion cell: excerpts of texts, crops of images."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for
from datasets.models import ComparedPair, Item
from ground.web.requests import asked, number_in
from measuring.metrics.opening import opened

# Values are compared again for each item of a page.
PAGE = 12


@require_GET
def elements(request: HttpRequest, slug: str) -> HttpResponse:
    """Elements with the class `predicted` and the human class `human`: a class, none (given and empty), or any (not
    given); with `checks`, only those of the random sample."""
    dataset = dataset_for(user_of(request), slug)
    auto, human = (_class(request, name) for name in ("predicted", "human"))
    pairs = ComparedPair.objects.filter(dataset=dataset)
    for column, name in (("auto_class", auto), ("human_class", human)):
        if name is not None:
            pairs = pairs.filter(**{column: name})
    rows = Item.objects.filter(pk__in=pairs.values("item_id"), dataset=dataset)
    if request.GET.get("checks"):
        rows = rows.speaking(tallies.whole_strata(tallies.labelled_cells(dataset.pk, *tallies.STRATUM, "checked")))
    if (after := number_in(asked(request.GET, "after"))) is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.select_related("asset", "auto_prelabel").order_by("-pk")[: PAGE + 1])
    kept = {name: request.GET[name] for name in ("predicted", "human", "checks") if name in request.GET}
    context = {
        "dataset": dataset,
        "tab": "accuracy",
        "auto": auto,
        "human": human,
        "checks": bool(request.GET.get("checks")),
        "opened": opened(dataset, found[:PAGE], auto=auto, human=human),
        "first_query": urlencode(kept) if after is not None else "",
        "next_query": urlencode(kept | {"after": found[PAGE - 1].pk}) if len(found) > PAGE else "",
    }
    return render(request, "measuring/elements.html", context)


def _class(request: HttpRequest, name: str) -> str | None:
    return request.GET[name].replace("\x00", "") if name in request.GET else None
