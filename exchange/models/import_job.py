"""Imports."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease


class Import(Lease):
    """One import. `position` moves in the transaction that wrote the rows before it."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=300)
    # Path below <home>/uploads.
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField(default=0)
    format = models.CharField(max_length=40)
    mapping = models.JSONField(default=dict)
    labeler = models.ForeignKey(
        "labeling.Labeler", null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    run = models.ForeignKey("labeling.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Lower bound of the ids of its items.
    first_item = models.BigIntegerField(null=True, blank=True)
    position = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    # Rows imported with changes.
    noted = models.PositiveBigIntegerField(default=0)
    # Errors beyond the limit of the report are counted, not listed.
    then_run = models.BooleanField(default=True)
    # NULL, not empty: any number of rows may have none.
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_import"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "idempotency_key"], name="import_once_per_idempotency_key"),
        ]
        indexes: ClassVar = Lease.open_index("import")

    def __str__(self) -> str:
        return f"import of {self.file_name}"


class ImportIssue(models.Model):
    """One row that was rejected or changed, with reason and remedy."""

    KINDS: ClassVar = [("rejected", "Rejected"), ("duplicate", "Duplicate"), ("noted", "Changed")]

    import_job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="issues")
    row = models.PositiveBigIntegerField()
    field = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=12, choices=KINDS)
    reason = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "labeling_importissue"
        ordering: ClassVar = ["row", "id"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"
