"""Read-only admin of rows that flows write."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from labeling.models import PreLabel, Run


@admin.register(PreLabel)
class PreLabelAdmin(ReadOnlyAdmin):
    """Pre-labels."""

    list_display = ("id", "item_id", "run_id", "labeler", "outcome", "confidence", "error_kind", "created_at")
    list_select_related = ("labeler",)
    ordering = ("-id",)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = ("id", "dataset", "labeler", "status", "total", "created_by", "created_at", "recalled_at")
    list_select_related = ("dataset", "labeler", "created_by")
    list_filter = ("status", "dataset")
