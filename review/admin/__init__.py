"""Django admin of review: the history and the exports, to look at."""

from typing import ClassVar

from django.contrib import admin

from labeling.admin.base import ReadOnlyAdmin
from review.models import Decision, Export


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What people decided: append-only."""

    list_display: ClassVar = [
        "id",
        "dataset",
        "item_id",
        "seq",
        "verdict",
        "reviewer",
        "origin",
        "matched",
        "decided_at",
    ]
    list_select_related: ClassVar = ["dataset", "reviewer"]
    list_filter: ClassVar = ["verdict", "origin", "dataset"]
    ordering: ClassVar = ["-id"]


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Files that left."""

    list_display: ClassVar = ["id", "dataset", "format", "state", "rows", "created_by", "created_at"]
    list_select_related: ClassVar = ["dataset", "created_by"]
