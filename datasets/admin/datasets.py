"""Django admin of datasets, classes and members, through the same flows as elsewhere."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.made import MadeAdmin
from accounts.requests import user_of
from datasets.admin.forms import MembershipForm, NewClassForm, NewDatasetForm, NewMemberForm
from datasets.classes import change_class, restore_class, retire_class
from datasets.members import remove_member
from datasets.models import Dataset, LabelClass, Membership
from datasets.settings import change_settings
from ground.errors import Conflict


class DatasetAdmin(MadeAdmin):
    """Settings of datasets. Registered in `measuring`: the change page opens on the thresholds."""

    add_form = NewDatasetForm
    list_display = ("name", "slug", "item_kind", "task_kind", "created_at", "archived_at")
    search_fields = ("name", "slug")
    list_filter = ("item_kind", "task_kind")
    # Changing the number of reviews moves items: the settings page previews that and applies it in the background.
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

    def has_delete_permission(self, request: HttpRequest, obj: Dataset | None = None) -> bool:
        """Never: archive instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        """Through the flow, which records it."""
        if change:
            sent = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
            change_settings(dataset=obj, actor=user_of(request), **sent)


@admin.register(LabelClass)
class LabelClassAdmin(MadeAdmin):
    """Classes: titles, keys, colours, descriptions, aliases, order."""

    add_form = NewClassForm
    actions = ("deactivate", "reactivate")
    list_display = ("name", "title", "dataset", "key", "parent", "position", "retired_at", "merged_into")
    list_filter = ("dataset",)
    search_fields = ("name", "title")
    readonly_fields = ("dataset", "name", "parent", "retired_at", "merged_into")

    @admin.action(description="Deactivate selected classes")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[LabelClass]) -> None:
        """Deactivated classes cannot be chosen; existing labels stay."""
        for row in queryset.select_related("dataset"):
            retire_class(label_class=row, actor=user_of(request))

    @admin.action(description="Reactivate selected classes")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[LabelClass]) -> None:
        """They can be chosen again."""
        for row in queryset.select_related("dataset"):
            restore_class(label_class=row, actor=user_of(request))

    def has_delete_permission(self, request: HttpRequest, obj: LabelClass | None = None) -> bool:
        """Never: deactivate instead."""
        return False

    def save_model(self, request: HttpRequest, obj: LabelClass, form: Any, change: bool) -> None:
        """Through the flow, which records it."""
        if change:
            sent = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
            change_class(label_class=obj, actor=user_of(request), **sent)


@admin.register(Membership)
class MembershipAdmin(MadeAdmin):
    """Members: added, changed and removed as on the Members page; an admin always remains."""

    add_form = NewMemberForm
    form = MembershipForm
    list_display = ("user", "dataset", "role", "created_at")
    list_filter = ("role", "dataset")
    list_select_related = ("user", "dataset")
    search_fields = ("user__username", "dataset__name")
    readonly_fields = ("dataset", "user", "created_at")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Skipped: the form has gone through the flow."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Passes the acting user to the form."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return form if obj is None else type(form.__name__, (form,), {"actor": user_of(request)})

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Through the flow, which records it."""
        self._remove(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Each through the flow."""
        self._remove(request, queryset.select_related("dataset", "user"))

    def _remove(self, request: HttpRequest, members: Iterable[Membership]) -> None:
        for member in members:
            try:
                remove_member(member=member, actor=user_of(request))
            except Conflict as error:
                self.message_user(request, f"{member.user} stays: {error.message}", messages.ERROR)
