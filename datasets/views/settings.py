"""A dataset's settings page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from accounts.requests import user_of
from datasets.access import dataset_for
from datasets.class_forms import AddClassForm
from datasets.forms import DatasetSettingsForm, SplitForm
from datasets.models import Dataset
from datasets.settings import change_settings, settings_state
from datasets.splitting import splits_state
from datasets.task_forms import TaskSettingsForm
from datasets.task_settings import is_begun
from datasets.views.reviews import reviews_context
from ground.changing import stamp_of
from ground.errors import CountersignError, Stale
from ground.web.answers import compared
from kinds import TASK_KINDS


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, guidelines, classes, labels, reviews per item, splits, archiving."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = DatasetSettingsForm(request.POST or None, initial=settings_state(dataset))
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(
                dataset=dataset, actor=user_of(request), seen=request.POST.get("seen", ""), **form.cleaned_data
            )
        except Stale as error:
            return _page(request, dataset, form=form, stale=error)
        except CountersignError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "Saved.")
            return redirect("dataset-settings", slug)
    return _page(request, dataset, form=form)


@require_POST
def change_task(request: HttpRequest, slug: str) -> HttpResponse:
    """Change the task settings: relations, attributes, shapes and so on."""
    dataset = dataset_for(user_of(request), slug, Role.MANAGER)
    form = _task_form(dataset, request.POST)
    if form.is_valid():
        try:
            change_settings(
                dataset=dataset,
                actor=user_of(request),
                seen=request.POST.get("seen", ""),
                task_settings=form.settings(),
            )
        except Stale as error:
            return _page(request, dataset, task_form=form, stale=error)
        except CountersignError as error:
            form.add_problem(error.message)
        else:
            messages.success(request, "Saved.")
            return redirect(reverse("dataset-settings", args=[slug]) + "#labels")
    return _page(request, dataset, task_form=form)


def _task_form(dataset: Dataset, data: Any = None) -> TaskSettingsForm:
    kind = TASK_KINDS[dataset.task_kind]
    stored = kind.settings(dataset.task_settings)
    only = stored.widens if is_begun(dataset) else None
    form = TaskSettingsForm(data, kind=kind, settings=dataset.task_settings, only=only)
    form.named(list(dataset.label_classes.values_list("name", flat=True)))
    return form


def _page(
    request: HttpRequest,
    dataset: Dataset,
    *,
    form: DatasetSettingsForm | None = None,
    task_form: TaskSettingsForm | None = None,
    stale: Stale | None = None,
) -> HttpResponse:
    form = form or DatasetSettingsForm(initial=settings_state(dataset))
    task_form = task_form or _task_form(dataset)
    context = {
        "dataset": dataset,
        "form": form,
        "task_form": task_form,
        "begun": is_begun(dataset),
        "seen": stale.stamp if stale else stamp_of(settings_state(dataset)),
        "stale": compared(stale) if stale else None,
        "splits_seen": stamp_of(splits_state(dataset)),
        "class_form": AddClassForm(auto_id="id_class_%s"),
        "split_form": SplitForm(auto_id="id_split_%s"),
        "classes": dataset.label_classes.select_related("parent", "merged_into"),
        "class_merge": dataset.class_merges.select_related("label_class", "into").first(),
        "assignment": dataset.split_assignments.first(),
        **reviews_context(dataset),
    }
    status = 409 if stale else 422 if form.errors or task_form.errors else 200
    return render(request, "datasets/settings.html", context, status=status)
