"""What people did, quarter of an hour by quarter of an hour: pages add up hundreds of rows, not a year's decisions."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Activity(models.Model):
    """The decisions of one quarter of an hour: written when it is long over, and never changed.

    Quarters, because time zones differ by them: a day anywhere is made of whole ones.
    """

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="activity", db_index=False)
    starts_at = models.DateTimeField()
    # Labels, rejections and calls for help; neither imports nor skips nor what was taken back.
    decisions = models.PositiveIntegerField()
    # Random checks among them that the machine had an answer to, and those in which people gave the same.
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
    """What one person had decided in one dataset when its activity was last written, counted up each time."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="+", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Reviews alone: neither adjudications nor what Activity leaves out.
    decisions = models.PositiveBigIntegerField()
    # Wrong proposals that they were shown on purpose, and those of them that they did not take for right.
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
    """How far a dataset's activity is written: everything before `until`, and nothing after it."""

    dataset = models.OneToOneField(
        "datasets.Dataset", on_delete=models.CASCADE, primary_key=True, related_name="activity_mark"
    )
    until = models.DateTimeField()

    class Meta:
        db_table = "review_activitymark"

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"
