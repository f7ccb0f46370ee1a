"""The number of reviews per item: setting, preview, progress."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.forms import ReviewsForm
from datasets.models import Dataset
from datasets.reviews import MOST_COUNTED, change_reviews, preview_reviews, reviews_state
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale


def reviews_context(dataset: Dataset, form: ReviewsForm | None = None) -> dict[str, Any]:
    """The context of this section of the settings page."""
    bound = form is not None and form.is_valid()
    wanted: dict[str, Any] = {"reviews": dataset.reviews_per_item, "reopen": False}
    if form is not None and bound:
        wanted = form.cleaned_data
    preview = preview_reviews(dataset=dataset, reviews=wanted["reviews"], reopen=wanted["reopen"])
    return {
        "dataset": dataset,
        "reviews_form": form or ReviewsForm(initial={"reviews": dataset.reviews_per_item}, auto_id="id_reviews_%s"),
        "changed": wanted["reviews"] != dataset.reviews_per_item or wanted["reopen"],
        "wanted": wanted["reviews"],
        "preview": preview,
        "most_counted": MOST_COUNTED,
        "reviews_seen": stamp_of(reviews_state(dataset)),
        "resettlement": dataset.resettlements.first(),
    }


@require_GET
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Preview of the entered number; nothing changes."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = ReviewsForm(request.GET, auto_id="id_reviews_%s") if "reviews" in request.GET else None
    context = reviews_context(dataset, form)
    return render(request, "datasets/_reviews_preview.html", context, status=422 if form and form.errors else 200)


@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the number of reviews."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = ReviewsForm(request.POST, auto_id="id_reviews_%s")
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(reverse("dataset-settings", args=[slug]) + "#reviews")
    data = form.cleaned_data
    try:
        change_reviews(
            dataset=dataset,
            reviews=data["reviews"],
            reopen=data["reopen"],
            seen=request.POST.get("seen", ""),
            actor=user_of(request),
        )
    except Stale:
        raise
    except CountersignError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Reviews per item: {data['reviews']}. Items are updated in the background.")
    return redirect(reverse("dataset-settings", args=[slug]) + "#reviews")
