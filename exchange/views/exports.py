"""Exports: options, progress, download."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for
from exchange import exporting
from exchange.exporting.downloads import download_response
from exchange.formats import FILE_FORMATS
from exchange.forms import ExportForm
from exchange.models import Export
from ground.errors import CountersignError
from ground.web.requests import number_in, wants_fragment
from work.models import State

PAGE = 20


@never_cache
@require_http_methods(["GET", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    """Start an export; list earlier ones."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    form = ExportForm(request.POST or None, dataset=dataset)
    if request.method == "POST" and form.is_valid():
        try:
            exporting.start_export(
                dataset=dataset,
                actor=user,
                format=form.cleaned_data["format"],
                include=form.include(),
                check_only="check" in request.POST,
            )
        except CountersignError as error:
            messages.error(request, error.message)
        return redirect("exports", slug)
    before = request.GET.get("before", "")
    rows = dataset.exports.select_related("created_by").order_by("-id")
    found = list((rows.filter(pk__lt=int(before)) if number_in(before) else rows)[: PAGE + 1])
    for export in found:
        known = FILE_FORMATS.get(export.format)
        export.title = known.title if known else export.format  # type: ignore[attr-defined]  # for the page alone
    context = {
        "dataset": dataset,
        "tab": "exports",
        "form": form,
        "standing": tallies.standing(dataset.pk),
        "exports": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "going": any(export.state in {State.PENDING, State.RUNNING} for export in found),
    }
    template = "exchange/_exports.html" if wants_fragment(request) else "exchange/exports.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def write(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Export what an earlier export or check was about."""
    user = user_of(request)
    dataset = dataset_for(user, slug, Role.MANAGER)
    looked = get_object_or_404(Export, dataset=dataset, pk=pk)
    try:
        exporting.start_export(dataset=dataset, actor=user, format=looked.format, include=looked.include)
    except CountersignError as error:
        messages.error(request, error.message)
    return redirect("exports", slug)


@require_GET
def download(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """The complete file."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    return download_response(get_object_or_404(Export, dataset=dataset, pk=pk))
