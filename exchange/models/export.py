"""Files that leave."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Reported


class Export(Reported):
    """One file of final labels, as of `high_water_mark`: the same request at the same mark gives the same bytes."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=40)
    include = models.JSONField(default=dict)
    # Only a check: nothing is written, and the losses are listed item by item.
    check_only = models.BooleanField(default=False)
    # {"decision": id, "prelabel": id}: the last rows of history in the export.
    high_water_mark = models.JSONField(default=dict)
    rows = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    # Path below <home>/exports.
    path = models.CharField(max_length=300, blank=True)
    # NULL, not empty: any number of rows may have none.
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "review_export"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "idempotency_key"], name="export_once_per_idempotency_key"),
        ]
        indexes: ClassVar = Lease.open_index("export")

    def __str__(self) -> str:
        return f"export {self.pk} of {self.dataset}"
