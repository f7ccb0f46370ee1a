"""Read-only Django admin of items."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from datasets.models import Item


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    """Items."""

    list_display = ("id", "dataset", "external_id", "status", "lane", "auto_confidence")
    list_select_related = ("dataset",)
    list_filter = ("dataset", "status")
    ordering = ("-id",)
