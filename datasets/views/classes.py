"""A dataset's classes, as its settings show and change them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.class_forms import AddClassForm, ClassForm, MergeForm
from datasets.class_state import class_state
from datasets.classes import add_class, change_class, restore_class, retire_class
from datasets.making import NewClass
from datasets.merging import MOST_COUNTED, Preview, merge_class, preview_merge
from datasets.models import LabelClass
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.answers import compared


def _back(slug: str) -> HttpResponse:
    return redirect(reverse("dataset-settings", args=[slug]) + "#classes")


def _class(request: HttpRequest, slug: str, pk: int) -> LabelClass:
    """Raises Http404 for what is not of the dataset, and what is not one's to change."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    rows = LabelClass.objects.select_related("dataset", "parent", "merged_into")
    return get_object_or_404(rows, dataset=dataset, pk=pk)


def _counted(n: int) -> str:
    """A preview counts up to a limit."""
    return f"{n:,} or more" if n == MOST_COUNTED else f"{n:,}"


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add one class."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = AddClassForm(request.POST)
    if form.is_valid():
        try:
            made = add_class(dataset=dataset, actor=user_of(request), new=NewClass(**form.cleaned_data))
            messages.success(request, f"The class {made} was added.")
        except CountersignError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return _back(slug)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What people see of a class, its key, colour and meaning."""
    row = _class(request, slug, pk)
    form, stale, status = ClassForm(request.POST or None, initial=ClassForm.of(row)), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            seen = request.POST.get("seen", "")
            try:
                row = change_class(label_class=row, actor=user_of(request), seen=seen, **form.sent(row))
            except Stale as error:
                stale, status = error, 409
            except CountersignError as error:
                form.add_error(error.field if error.field in form.fields else "key", error.message)
            else:
                messages.success(request, f"{row} was saved.")
                return _back(slug)
    merging = MergeForm(label_class=row)
    found = preview_merge(row) if merging.targets else Preview(0, 0)
    context = {
        "dataset": row.dataset,
        "row": row,
        "form": form,
        "merge_form": merging if merging.targets else None,
        "predicted": _counted(found.predicted),
        "labeled": _counted(found.labeled),
        "seen": stale.stamp if stale else stamp_of(class_state(row)),
        "stale": compared(stale) if stale else None,
    }
    return render(request, "datasets/class.html", context, status=status)


@require_POST
def merge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let another class stand for this one."""
    row = _class(request, slug, pk)
    form = MergeForm(request.POST, label_class=row)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("class", slug, pk)
    into = form.cleaned_data["into"]
    try:
        merge_class(label_class=row, into=into, actor=user_of(request), seen=request.POST.get("seen", ""))
    except Stale:
        raise
    except CountersignError as error:
        messages.error(request, error.message)
        return redirect("class", slug, pk)
    messages.success(request, f"{row} is merged into {into}. Items are updated in the background.")
    return _back(slug)


@require_POST
def retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a class out of use."""
    row = retire_class(label_class=_class(request, slug, pk), actor=user_of(request), seen=request.POST.get("seen", ""))
    messages.success(request, f"{row} is deactivated: it can't be given any more. Items that have it keep it.")
    return _back(slug)


@require_POST
def restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Bring a class back into use."""
    row = restore_class(
        label_class=_class(request, slug, pk), actor=user_of(request), seen=request.POST.get("seen", "")
    )
    messages.success(request, f"{row} is active again.")
    return _back(slug)
