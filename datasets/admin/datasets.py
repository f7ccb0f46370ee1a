"""Django admin of datasets, classes and members: changed through the same flows as everywhere."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyAdmin, SeenAdmin
from accounts.requests import user_of
from datasets.classes import change_class
from datasets.models import Dataset, LabelClass, Membership
from datasets.settings import change_settings


@admin.register(Dataset)
class DatasetAdmin(SeenAdmin):
    """Datasets are made on their own page, which asks for classes too; here they are changed."""

    list_display = ("name", "slug", "item_kind", "task_kind", "created_at", "archived_at")
    search_fields = ("name", "slug")
    list_filter = ("item_kind", "task_kind")
    # Another number of reviews moves items: the settings page shows which, and asks anew in the background.
    readonly_fields = (
        "slug",
        "item_kind",
        "task_kind",
        "task_settings",
        "reviews_per_item",
        "created_by",
        "created_at",
        "archived_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """On the site's own page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dataset | None = None) -> bool:
        """Never: archive instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        """Through the flow, which records it."""
        sent = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
        change_settings(dataset=obj, actor=user_of(request), **sent)


@admin.register(LabelClass)
class LabelClassAdmin(SeenAdmin):
    """Classes: titles, keys, colours, descriptions, aliases, places in the list."""

    list_display = ("name", "title", "dataset", "key", "parent", "position", "retired_at")
    list_filter = ("dataset",)
    search_fields = ("name", "title")
    readonly_fields = ("dataset", "name", "parent", "retired_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """On the dataset's settings page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LabelClass | None = None) -> bool:
        """Never: retire instead."""
        return False

    def save_model(self, request: HttpRequest, obj: LabelClass, form: Any, change: bool) -> None:
        """Through the flow, which records it."""
        sent = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
        change_class(label_class=obj, actor=user_of(request), **sent)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who may do what: to look at. A dataset's Members page changes it, keeps an admin, and records who did it."""

    list_display = ("user", "dataset", "role", "created_at")
    list_filter = ("role", "dataset")
    list_select_related = ("user", "dataset")
    search_fields = ("user__username", "dataset__name")
