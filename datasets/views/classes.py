"""A dataset's classes, as its settings show and change them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.class_forms import AddClassForm, ClassForm
from datasets.classes import add_class, change_class, class_state, restore_class, retire_class
from datasets.making import NewClass
from datasets.models import LabelClass
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.answers import compared


def _back(slug: str) -> HttpResponse:
    return redirect(reverse("dataset-settings", args=[slug]) + "#classes")


def _class(request: HttpRequest, slug: str, pk: int) -> LabelClass:
    """Raises Http404 for what is not of the dataset, and what is not one's to change."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    return get_object_or_404(LabelClass.objects.select_related("dataset", "parent"), dataset=dataset, pk=pk)


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
    context = {
        "dataset": row.dataset,
        "row": row,
        "form": form,
        "seen": stale.stamp if stale else stamp_of(class_state(row)),
        "stale": compared(stale) if stale else None,
    }
    return render(request, "datasets/class.html", context, status=status)


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
