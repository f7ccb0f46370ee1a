"""Figures that take too long for a page."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease


class Evaluation(Lease):
    """Average precision of a dataset's regions over the items reviewed at that time.
    `result`: None until done; then the means over classes, and the classes (`average_precision`). `items`: their
    number; `left_out`: items with regions without a score."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="evaluations")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    items = models.PositiveBigIntegerField(default=0)
    left_out = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(null=True)

    class Meta(Lease.Meta):
        db_table = "labeling_evaluation"
        indexes: ClassVar = Lease.open_index("evaluation")

    def __str__(self) -> str:
        return f"evaluation {self.pk}"
