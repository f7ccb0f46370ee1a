"""A pass that assigns splits."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class SplitAssignment(Pass):
    """One pass that assigns the splits of a large dataset. `parts`: (split id, share in millionths) pairs."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="split_assignments")
    parts = models.JSONField()
    only_missing = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_splitassignment"
        indexes: ClassVar = Lease.open_index("split_assignment")

    def __str__(self) -> str:
        return f"splits of {self.dataset}"
