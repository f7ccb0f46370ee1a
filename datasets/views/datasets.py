"""The dataset list, creating datasets, and actions of the settings page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets import tallies
from datasets.access import dataset_for, know_roles
from datasets.forms import NewDatasetForm, SplitForm
from datasets.making import create_dataset
from datasets.models import Dataset
from datasets.settings import archive_dataset, restore_dataset
from datasets.splitting import split_items
from ground.errors import CountersignError, Stale
from ground.web.requests import asked

PAGE = 50


@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    """The user's datasets; archived ones separately."""
    archived = "archived" in request.GET
    rows = Dataset.objects.visible_to(user_of(request)).filter(archived_at__isnull=not archived)
    after = asked(request.GET, "after")
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows.order_by("name", "id")[: PAGE + 1])
    know_roles(user_of(request), found[:PAGE])
    shown = [(dataset, tallies.standing(dataset.pk)) for dataset in found[:PAGE]]
    more = found[PAGE - 1].name if len(found) > PAGE else ""
    return render(request, "datasets/list.html", {"rows": shown, "archived": archived, "more": more})


@require_http_methods(["GET", "POST"])
def new_dataset(request: HttpRequest) -> HttpResponse:
    """Create a dataset; its creator becomes admin."""
    form = NewDatasetForm(request.POST or None, initial={"item_kind": "text"})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            dataset = create_dataset(
                name=data["name"],
                slug=data["slug"],
                item_kind=data["item_kind"],
                task_kind=data["task_kind"],
                task_settings=data["task_settings"],
                classes=data["classes"],
                guidelines=data["guidelines"],
                creator=user_of(request),
            )
        except CountersignError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "Dataset created. Import its items next.")
            return redirect("imports", dataset.slug)
    return render(request, "datasets/new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def split(request: HttpRequest, slug: str) -> HttpResponse:
    """Assign splits."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = SplitForm(request.POST)
    if form.is_valid():
        try:
            data = form.cleaned_data
            found = split_items(
                dataset=dataset,
                shares=data["shares"],
                only_missing=not data["replace"],
                actor=user_of(request),
                seen=request.POST.get("seen", ""),
            )
            messages.success(
                request,
                f"{found:,} items were assigned a split."
                if isinstance(found, int)
                else "Splits are being assigned in the background; this page shows the progress.",
            )
        except Stale:
            raise
        except CountersignError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect(reverse("dataset-settings", args=[slug]) + "#splits")


@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Archive the dataset; it can be restored from the list."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    archive_dataset(dataset=dataset, actor=user_of(request))
    messages.success(
        request,
        f"{dataset.name} is archived. Nothing is deleted, and it can be restored. Its runs are paused.",
    )
    return redirect(reverse("datasets") + "?archived")


@require_POST
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Restore an archived dataset."""
    dataset = dataset_for(user_of(request), slug, Role.ADMIN)
    restore_dataset(dataset=dataset, actor=user_of(request))
    messages.success(request, f"{dataset.name} is restored.")
    return redirect("dataset", slug)
