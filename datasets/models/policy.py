"""A dataset's versioned policy."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets.models.dataset import Dataset
from datasets.rule import Rule


class Policy(models.Model):
    """One version of a dataset's policy. Rows never change; a change is a new version."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="policies")
    version = models.PositiveIntegerField()
    threshold = models.FloatField(default=Rule.threshold)
    class_thresholds = models.JSONField(default=dict, blank=True)
    labeler_thresholds = models.JSONField(default=dict, blank=True)
    # For kinds with elements: thresholds of the whole item, and of an empty prediction.
    item_threshold = models.FloatField(null=True, blank=True)
    empty_threshold = models.FloatField(null=True, blank=True)
    empty_audit_rate = models.FloatField(default=Rule.empty_audit_rate)
    audit_rate = models.FloatField(default=Rule.audit_rate)
    blind_rate = models.FloatField(default=Rule.blind_rate)
    # Share of shown suggestions that are wrong on purpose, to measure attention.
    probe_rate = models.FloatField(default=Rule.probe_rate)
    # Whether predictions of an uncalibrated edition may be accepted.
    accept_uncalibrated = models.BooleanField(default=Rule.accept_uncalibrated)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_policy"
        ordering: ClassVar = ["-version"]
        verbose_name_plural = "policies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "version"], name="policy_version_once_per_dataset"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{field}__gte": 0, f"{field}__lte": 1}), name=f"policy_{field}_lies_in_0_1"
                )
                for field in (
                    "threshold",
                    "item_threshold",
                    "empty_threshold",
                    "audit_rate",
                    "empty_audit_rate",
                    "blind_rate",
                    "probe_rate",
                )
            ),
        ]

    def __str__(self) -> str:
        return f"policy {self.version} of {self.dataset}"
