"""Django admin of a dataset, opening on its thresholds and class figures."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from accounts.requests import user_of
from datasets.admin import DatasetAdmin
from datasets.models import Dataset
from ground.web.requests import wants_fragment
from measuring.thresholds import Thresholds


@admin.register(Dataset)
class ThresholdsAdmin(DatasetAdmin):
    """A dataset: thresholds first; other settings, classes, labelers and members are linked."""

    def get_urls(self) -> list[URLPattern]:
        """The form of the model's own fields has its own URL."""
        settings = self.admin_site.admin_view(self.settings_view)
        return [path("<path:object_id>/settings/", settings, name="dataset_settings"), *super().get_urls()]

    def settings_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name and guidelines."""
        return super().change_view(request, object_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET shows the current policy, with `?threshold=…` a preview; POST creates a version."""
        return never_cache(self._thresholds)(request, object_id)

    def _thresholds(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dataset = Dataset.objects.filter(pk=unquote(object_id)).first() if unquote(object_id).isdecimal() else None
        if not self.has_change_permission(request, dataset):
            raise PermissionDenied
        if dataset is None:
            raise Http404
        asked = request.POST if request.method == "POST" else request.GET if "threshold" in request.GET else None
        thresholds = Thresholds(dataset, asked)
        if request.method == "POST" and (made := thresholds.save(user_of(request), request.POST.get("seen", ""))):
            said = f"Policy version {made.version} applied. Items are being re-routed."
            self.message_user(request, said, messages.SUCCESS)
            return redirect("admin:datasets_dataset_change", object_id)
        context = self._context(request, dataset, thresholds)
        if wants_fragment(request):
            return render(request, "measuring/_moves.html", context, status=thresholds.status)
        return TemplateResponse(request, "admin/thresholds.html", context, status=thresholds.status)

    def _context(self, request: HttpRequest, dataset: Dataset, thresholds: Thresholds) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{dataset.name}: thresholds",
            "original": dataset,
            "thresholds": thresholds,
            "form": thresholds.form,
            "policy": thresholds.policy,
            "seen": thresholds.seen,
            "stale": thresholds.stale,
            "preview": thresholds.preview,
            "changed": thresholds.form.is_bound,
            "members": dataset.memberships.select_related("user").order_by("user__username"),
        }
