"""Reviews per quarter hour, so that pages add up hundreds of rows and not a year's decisions."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Activity(models.Model):
    """The decisions of one quarter hour, written once it is final.
    Time zones differ by quarters, so a day anywhere consists of whole ones."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="activity", db_index=False)
    starts_at = models.DateTimeField()
    # Labels, rejections and flags; without imports, skips and undone decisions.
    decisions = models.PositiveIntegerField()
    # Random checks with a prediction among them, and those where it was right.
    checks = models.PositiveIntegerField()
    right = models.PositiveIntegerField()

    class Meta:
        db_table = "review_activity"
        verbose_name_plural = "activity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "starts_at"], name="activity_once_per_quarter"),
        ]

    def __str__(self) -> str:
        return f"{self.decisions} decisions from {self.starts_at:%Y-%m-%d %H:%M}"


class ReviewerActivity(models.Model):
    """A reviewer's totals in one dataset as of the last ledger update."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="+", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Reviews only: no adjudications, and nothing that Activity leaves out.
    decisions = models.PositiveBigIntegerField()
    # Attention checks shown, and those noticed.
    probes = models.PositiveBigIntegerField()
    caught = models.PositiveBigIntegerField()

    class Meta:
        db_table = "review_revieweractivity"
        verbose_name_plural = "reviewer activity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "reviewer"], name="reviewer_activity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.decisions} decisions of user {self.reviewer_id}"


class ActivityMark(models.Model):
    """How far a dataset's ledger is written: everything before `until`."""

    dataset = models.OneToOneField(
        "datasets.Dataset", on_delete=models.CASCADE, primary_key=True, related_name="activity_mark"
    )
    until = models.DateTimeField()

    class Meta:
        db_table = "review_activitymark"

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"
