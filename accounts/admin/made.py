"""Forms of admin pages that add a row through a flow: what the flow refuses is an error of the form."""

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
    """The row is made while the form is checked, in the transaction of the page."""

    actor: User
    made: Model | None = None

    @abstractmethod
    def make(self, data: dict[str, Any]) -> Model:
        """Through the flow. Raises CountersignError."""

    def clean(self) -> dict[str, Any]:
        """Makes the row once every field is right by itself."""
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
        """The flow has checked the row; checked once more it would be taken for a second one."""

    def save(self, commit: bool = True) -> Any:
        """The row that was made."""
        return self.made

    def save_m2m(self) -> None:
        """Nothing is left to write."""


class MadeAdmin(SeenAdmin):
    """Adds rows by `add_form`, which is told who does it; `save_model` finds a new row made already."""

    add_form: type[MadeForm]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """That of a new row, or the usual one."""
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        return type(self.add_form.__name__, (self.add_form,), {"actor": user_of(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new row has nothing that is fixed yet."""
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of a new row's."""
        return list(self.add_form.base_fields) if obj is None else super().get_fields(request, obj)
