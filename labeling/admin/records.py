"""What flows write: to look at, not to change."""

from typing import ClassVar

from django.contrib import admin

from labeling.admin.base import ReadOnlyAdmin
from labeling.models import Import, Item, PreLabel, Run


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    """Items."""

    list_display: ClassVar = ["id", "dataset", "external_id", "status", "lane", "auto_confidence"]
    list_select_related: ClassVar = ["dataset"]
    list_filter: ClassVar = ["dataset", "status"]
    ordering: ClassVar = ["-id"]


@admin.register(PreLabel)
class PreLabelAdmin(ReadOnlyAdmin):
    """What labelers said."""

    list_display: ClassVar = ["id", "item_id", "run_id", "labeler", "outcome", "confidence", "error_kind", "created_at"]
    list_select_related: ClassVar = ["labeler"]
    ordering: ClassVar = ["-id"]


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display: ClassVar = ["id", "dataset", "labeler", "status", "total", "created_by", "created_at", "recalled_at"]
    list_select_related: ClassVar = ["dataset", "labeler", "created_by"]
    list_filter: ClassVar = ["status", "dataset"]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports."""

    list_display: ClassVar = ["id", "dataset", "file_name", "state", "accepted", "duplicates", "rejected", "created_by"]
    list_select_related: ClassVar = ["dataset", "created_by"]
    list_filter: ClassVar = ["state", "dataset"]
