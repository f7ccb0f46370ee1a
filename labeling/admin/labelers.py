"""Labelers and their models, with the same checks as on the Labelers page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyAdmin, SeenAdmin, SeenForm
from accounts.requests import user_of
from ground.errors import CountersignError
from labeling.labelers import LABELER_KINDS
from labeling.models import Labeler, ModelVersion
from labeling.setup import defining
from labeling.setup.forms import secret_field


class LabelerAdminForm(SeenForm):
    """The kind validates the configuration; the API key is write-only."""

    kind = forms.ChoiceField(choices=[(kind.name, kind.title) for kind in LABELER_KINDS.values()])
    new_secret = secret_field()
    confidence_threshold = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        help_text="Overrides the dataset's. Changing it creates a new version of the policy.",
    )

    class Meta:
        model = Labeler
        fields = ("dataset", "name", "kind", "config", "order", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["confidence_threshold"].initial = defining.labeler_threshold(self.instance)
            for name in ("dataset", "kind"):
                self.fields[name].disabled = True

    def state(self) -> dict[str, Any]:
        """As on the labeler's page, with its threshold and whether it has an API key."""
        return defining.labeler_state(self.instance)

    def clean(self) -> dict[str, Any]:
        """The configuration in the kind's normal form."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("dataset") and data.get("kind"):
            try:
                data["config"] = defining.check_config(data["kind"], data.get("config") or {}, data["dataset"])
            except CountersignError as error:
                raise forms.ValidationError({"config": error.message}) from None
        return data


@admin.register(Labeler)
class LabelerAdmin(SeenAdmin):
    """Labelers, changed as on their own page."""

    form = LabelerAdminForm
    list_display = ("name", "dataset", "kind", "order", "enabled", "created_by", "created_at")
    list_filter = ("kind", "enabled", "dataset")
    search_fields = ("name", "dataset__name")

    def has_delete_permission(self, request: HttpRequest, obj: Labeler | None = None) -> bool:
        """Never: pre-labels name their labeler. Disable it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Labeler, form: Any, change: bool) -> None:
        """Save through the flows. A stale form's instance holds the typed values: the flow reads the row itself."""
        data = form.cleaned_data
        settings = {
            "name": data["name"],
            "config": data["config"],
            "order": data["order"],
            "enabled": data["enabled"],
            "secret": data["new_secret"],
            "confidence_threshold": data["confidence_threshold"],
        }
        actor = user_of(request)
        if change:
            defining.change_labeler(labeler=obj, actor=actor, **settings)
        else:
            made = defining.create_labeler(dataset=data["dataset"], actor=actor, kind=data["kind"], **settings)
            obj.pk = made.pk


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Trained models."""

    list_display = ("labeler", "number", "trained_on", "created_at")
    list_select_related = ("labeler",)
