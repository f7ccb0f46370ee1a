"""Django admin of policies. Every change creates a new version."""

import json
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.admin.base import ReadOnlyAdmin
from accounts.audit_log import value_in_words
from accounts.requests import user_of
from datasets.locking import lock_dataset
from datasets.models import Dataset, Policy
from datasets.policies import current_policy, policy_state
from datasets.rule import Rule
from ground.changing import stamp_of
from ground.errors import InvalidInput
from labeling.policies.changing import check_rule, set_policy

NUMBERS = ("threshold", "audit_rate", "empty_audit_rate", "blind_rate", "probe_rate")
OPTIONAL = ("item_threshold", "empty_threshold")


class PolicyAdminForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """The same checks as on the Policy page and in the API."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    stale = False

    class Meta:
        model = Policy
        fields = (
            "dataset",
            "threshold",
            "class_thresholds",
            "item_threshold",
            "empty_threshold",
            "audit_rate",
            "empty_audit_rate",
            "blind_rate",
            "probe_rate",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        """Numbers from 0 to 1; existing classes."""
        data: dict[str, Any] = super().clean() or {}
        if any(data.get(name) is None for name in ("dataset", *NUMBERS)):
            return data
        own = data.get("class_thresholds") or {}
        if not isinstance(own, dict):
            raise forms.ValidationError({"class_thresholds": 'Write an object: {"class": 0.9}.'})
        try:
            check_rule(
                data["dataset"], Rule(**{name: data[name] for name in (*NUMBERS, *OPTIONAL)}, class_thresholds=own)
            )
        except InvalidInput as error:
            name = error.field.split(".")[0]
            raise forms.ValidationError({name if name in self.fields else "class_thresholds": error.message}) from None
        lock_dataset(data["dataset"])
        now = current_policy(data["dataset"])
        if not data.get("seen"):
            raise forms.ValidationError(
                "This form did not start from the policy in force, and would drop what it does not show. Open the "
                "dataset under Datasets: its page holds its thresholds."
            )
        if data["seen"] != stamp_of(policy_state(now)):
            self.stale = True
            raise forms.ValidationError(
                f"Version {now.version} was applied after you opened this page. Nothing was saved. Current value: "
                f"{value_in_words(policy_state(now))}. Reload this page to start from it."
            )
        return data | {"class_thresholds": own}


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """Adding a policy creates a new version and re-routes; versions never change."""

    form = PolicyAdminForm
    list_display = ("dataset", "version", "threshold", "audit_rate", "blind_rate", "created_by", "created_at")
    list_filter = ("dataset",)
    list_select_related = ("dataset", "created_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Adding is the way to change a policy."""
        return request.user.is_superuser

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Of a dataset that the address names: a form that starts from nothing would drop what is in force."""
        if request.method == "GET" and not request.GET.get("dataset"):
            self.message_user(request, "Choose a dataset: its page holds its thresholds.", messages.INFO)
            return redirect("admin:datasets_dataset_changelist")
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the current version of the dataset in the URL."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        dataset = Dataset.objects.filter(pk=initial["dataset"]).first() if initial.get("dataset") else None
        if dataset is not None:
            now = current_policy(dataset)
            initial |= {
                **{name: getattr(now, name) for name in (*NUMBERS, *OPTIONAL)},
                "class_thresholds": json.dumps(now.class_thresholds),
                "seen": stamp_of(policy_state(now)),
            }
        return initial

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        """Save through the flow, which numbers the version and re-routes items."""
        sent = {name: getattr(obj, name) for name in (*NUMBERS, *OPTIONAL, "class_thresholds")}
        made = set_policy(
            dataset=obj.dataset, actor=user_of(request), change=lambda rule: replace(rule, **sent), note=obj.note
        )
        obj.pk, obj.version = made.pk, made.version
