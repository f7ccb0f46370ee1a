"""The pass after a class was merged into another, or a merge was undone."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class ClassMerge(Pass):
    """One pass over the items whose labels name the class. `into`: the class that replaces it from then on; None: the
    merge was undone. The rows of a dataset, in order, are the history of its merges."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="class_merges")
    label_class = models.ForeignKey("datasets.LabelClass", on_delete=models.CASCADE, related_name="+")
    into = models.ForeignKey("datasets.LabelClass", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "labeling_classmerge"
        indexes: ClassVar = Lease.open_index("class_merge")

    def __str__(self) -> str:
        return f"{self.label_class} into {self.into}" if self.into else f"{self.label_class} unmerged"
