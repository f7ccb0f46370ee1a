"""Read-only Django admin of imports and exports."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from exchange.models import Export, Import


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports."""

    list_display = ("id", "dataset", "file_name", "state", "accepted", "duplicates", "rejected", "created_by")
    list_select_related = ("dataset", "created_by")
    list_filter = ("state", "dataset")


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Exports."""

    list_display = ("id", "dataset", "format", "state", "rows", "created_by", "created_at")
    list_select_related = ("dataset", "created_by")
