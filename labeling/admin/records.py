"""What flows write: to look at, not to change."""

from django.contrib import admin

from accounts.models import AuditEvent
from datasets.models import Item
from exchange.models import Import
from accounts.admin.base import ReadOnlyAdmin
from labeling.models import PreLabel, Run


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    """Items."""

    list_display = ("id", "dataset", "external_id", "status", "lane", "auto_confidence")
    list_select_related = ("dataset",)
    list_filter = ("dataset", "status")
    ordering = ("-id",)


@admin.register(PreLabel)
class PreLabelAdmin(ReadOnlyAdmin):
    """What labelers said."""

    list_display = ("id", "item_id", "run_id", "labeler", "outcome", "confidence", "error_kind", "created_at")
    list_select_related = ("labeler",)
    ordering = ("-id",)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = ("id", "dataset", "labeler", "status", "total", "created_by", "created_at", "recalled_at")
    list_select_related = ("dataset", "labeler", "created_by")
    list_filter = ("status", "dataset")


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports."""

    list_display = ("id", "dataset", "file_name", "state", "accepted", "duplicates", "rejected", "created_by")
    list_select_related = ("dataset", "created_by")
    list_filter = ("state", "dataset")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ("at", "actor", "action", "dataset", "target", "address")
    list_select_related = ("actor", "dataset")
    list_filter = ("action", "dataset")
    search_fields = ("actor__username", "target", "=address")
    ordering = ("-id",)
