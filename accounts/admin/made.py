"""Admin forms that create a row through a flow: what the flow refuses becomes a form error."""

from abc import abstractmethod
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from accounts.admin.base import SeenAdmin
from accounts.models import User
from accounts.requests import user_of
from ground.errors import CountersignError


class MadeForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """Creates the row during validation, inside the page's transaction."""

    actor: User
    made: Model | None = None

    @abstractmethod
    def make(self, data: dict[str, Any]) -> Model:
        """Calls the flow. Raises CountersignError."""

    def clean(self) -> dict[str, Any]:
        """Creates the row once every field is valid."""
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            with transaction.atomic():
                self.made = self.make(data)
        except CountersignError as error:
            self.add_error(error.field if error.field in self.fields else None, error.message)
        return data

    def _post_clean(self) -> None:
        """Skipped: the flow has checked the row, and a second check would take it for a duplicate."""

    def save(self, commit: bool = True) -> Any:
        """The created row."""
        return self.made

    def save_m2m(self) -> None:
        """Nothing: the row exists."""


class MadeAdmin(SeenAdmin):
    """Adds rows through `add_form`, which gets the acting user; `save_model` finds the row already created."""

    add_form: type[MadeForm]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The add form for a new row, else the usual one."""
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        return type(self.add_form.__name__, (self.add_form,), {"actor": user_of(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new row has no read-only fields."""
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """For a new row, those of the add form."""
        return list(self.add_form.base_fields) if obj is None else super().get_fields(request, obj)
