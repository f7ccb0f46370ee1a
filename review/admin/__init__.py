"""Django admin of review: the history and the exports, to look at."""

from django.contrib import admin

from exchange.models import Export
from accounts.admin.base import ReadOnlyAdmin
from review.models import Decision


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What people decided: append-only."""

    list_display = ("id", "dataset", "item_id", "seq", "verdict", "reviewer", "origin", "matched", "decided_at")
    list_select_related = ("dataset", "reviewer")
    list_filter = ("verdict", "origin", "dataset")
    ordering = ("-id",)


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Files that left."""

    list_display = ("id", "dataset", "format", "state", "rows", "created_by", "created_at")
    list_select_related = ("dataset", "created_by")
