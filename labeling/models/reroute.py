"""Passes over items whose predictions are placed again."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class Reroute(Pass):
    """A pass over a dataset that applies a policy version to existing predictions."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="reroutes")
    policy = models.ForeignKey("datasets.Policy", on_delete=models.CASCADE, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_reroute"
        indexes: ClassVar = Lease.open_index("reroute")

    def __str__(self) -> str:
        return f"re-routing under {self.policy}"


class Recall(Pass):
    """A pass that rolls back a run."""

    run = models.ForeignKey("labeling.Run", on_delete=models.CASCADE, related_name="recalls")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_recall"
        indexes: ClassVar = Lease.open_index("recall")

    def __str__(self) -> str:
        return f"recall of {self.run}"
