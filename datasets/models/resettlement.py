"""A pass that applies a changed number of reviews."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class Resettlement(Pass):
    """One pass that applies the dataset's current number of reviews to items requested under another one.
    `reopen`: also to items already decided with fewer answers."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="resettlements")
    reviews = models.PositiveSmallIntegerField()
    reopen = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_resettlement"
        indexes: ClassVar = Lease.open_index("resettlement")

    def __str__(self) -> str:
        return f"{self.reviews} reviews an item in {self.dataset}"
