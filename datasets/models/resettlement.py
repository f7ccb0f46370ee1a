"""A pass that asks for another number of reviews."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class Resettlement(Pass):
    """One pass that asks for the dataset's present number of reviews where another number was asked before.

    `reopen`: also where people have decided already with fewer answers than are asked for now.
    """

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="resettlements")
    reviews = models.PositiveSmallIntegerField()
    reopen = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_resettlement"
        indexes: ClassVar = Lease.open_index("resettlement")

    def __str__(self) -> str:
        return f"{self.reviews} reviews an item in {self.dataset}"
