"""Shared parts of the admin pages."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from ground.changing import locked, stamp_of


class EstimatedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Counts an unfiltered table by the planner's estimate, as counting ten million rows takes too long."""

    @cached_property
    def count(self) -> int:
        """The estimate for the whole table; an exact count if a filter is set."""
        rows = cast("QuerySet[Any]", self.object_list)
        if rows.query.where:
            return rows.count()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [rows.model._meta.db_table]
            )
            estimate = int(cursor.fetchone()[0])
        return estimate if estimate >= 10_000 else rows.count()


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """A form that carries the stamp of the row it was opened with."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen"].initial = stamp_of(self.state())

    def state(self) -> dict[str, Any]:
        """The current values of the form's fields."""
        return {name: str(self[name].initial) for name in self.fields if name not in {"seen", "last_login"}}

    def clean(self) -> dict[str, Any]:
        """Reports that the row has changed meanwhile; nothing is saved then."""
        data: dict[str, Any] = super().clean() or {}
        seen, self.stale = data.pop("seen", ""), False
        if seen and self.instance.pk and seen != stamp_of(self.state()):
            self.stale = True
            # The form keeps the submitted values and takes the stamp of the current state.
            self.data = {**self.data.dict(), "seen": stamp_of(self.state())}  # type: ignore[attr-defined]  # a QueryDict
            stored = ", ".join(f"{name}: {value}" for name, value in self.state().items() if name in self.changed_data)
            raise forms.ValidationError(
                "Someone else changed this after you opened it. Nothing was saved. Current value: "
                f"{stored or 'what you see'}. Save again to overwrite it with yours."
            )
        return data


def columns_changed(row: Model, form: Any) -> list[str]:
    """The changed form fields that are columns of the row."""
    columns = {field.name for field in row._meta.concrete_fields}
    return [name for name in form.changed_data if name in columns]


class SeenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """For rows that others change too: saves only the changed columns, under a lock, and refuses a stale form."""

    form: type[SeenForm] = SeenForm

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; locked until the end of the transaction if it is about to be saved."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        if (dataset := getattr(found, "dataset", None)) is not None:
            locked(dataset)
        return locked(found)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only changed columns; a new row completely."""
        if change:
            obj.save(update_fields=columns_changed(obj, form))
        else:
            obj.save(force_insert=True)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers 409 for a stale form."""
        response = super().render_change_form(request, context, *args, **kwargs)
        if getattr(context["adminform"].form, "stale", False):
            response.status_code = 409
        return response


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Shows rows that only flows may write."""

    paginator = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: flows write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: flows write these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: rows are kept."""
        return False
