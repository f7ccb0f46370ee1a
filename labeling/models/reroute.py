"""Passes over items that labels of the machine move."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class Reroute(Pass):
    """One pass over a dataset that applies a policy version to labels that are already there."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="reroutes")
    policy = models.ForeignKey("datasets.Policy", on_delete=models.CASCADE, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_reroute"
        indexes: ClassVar = Lease.open_index("reroute")

    def __str__(self) -> str:
        return f"re-routing under {self.policy}"


class Recall(Pass):
    """One pass that takes back everything a run had accepted."""

    run = models.ForeignKey("labeling.Run", on_delete=models.CASCADE, related_name="recalls")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_recall"
        indexes: ClassVar = Lease.open_index("recall")

    def __str__(self) -> str:
        return f"recall of {self.run}"
