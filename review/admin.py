"""Read-only Django admin of decisions."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from review.models import Decision


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Decisions: append-only."""

    list_display = ("id", "dataset", "item_id", "seq", "verdict", "reviewer", "origin", "matched", "decided_at")
    list_select_related = ("dataset", "reviewer")
    list_filter = ("verdict", "origin", "dataset")
    ordering = ("-id",)
