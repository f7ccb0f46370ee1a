"""Counts of items by status and labels, maintained by a trigger and folded by the sweep.
Every statement that writes items appends its net effect to `TallyDelta`; the sweep folds that inbox into `Tally`. A
reader adds the two in one statement, so figures are exact at their snapshot, and no request counts the items of a
dataset. No two writers update the same row, so there is no lock contention."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Count(models.Model):
    """The number of items in a cell, with the dimensions shared by all tallies."""

    dataset_id = models.BigIntegerField()
    status = models.CharField(max_length=10)
    lane = models.CharField(max_length=12)
    labeler_id = models.BigIntegerField(null=True)
    above_threshold = models.BooleanField(null=True)
    sampled = models.BooleanField()
    sampling_rate = models.FloatField(null=True)
    auto_empty = models.BooleanField()
    blind = models.BooleanField(null=True)
    n = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.n} {self.status}"


class TallyCell(Count):
    """The full set of dimensions."""

    auto_labels = ArrayField(models.TextField(), null=True)
    human_labels = ArrayField(models.TextField(), null=True)
    matched = models.BooleanField(null=True)
    # The confidence in whole hundredths, 0 to 100 (tallies.bucket_of).
    bucket = models.SmallIntegerField(null=True)

    class Meta:
        abstract = True


class Tally(TallyCell):
    """A folded count; one row per cell."""

    cell = models.UUIDField()

    class Meta:
        db_table = "labeling_tally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "cell"], name="tally_once_per_cell"),
        ]


class StandingTally(models.Model):
    """Folded counts by status and lane only: for the review page."""

    dataset_id = models.BigIntegerField()
    status = models.CharField(max_length=10)
    lane = models.CharField(max_length=12)
    n = models.BigIntegerField()

    class Meta:
        db_table = "labeling_standingtally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "status", "lane"], name="standing_tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.status}"


class LabelTally(Count):
    """Folded counts without the confidence: for accuracy and confusion."""

    cell = models.UUIDField()
    auto_labels = ArrayField(models.TextField(), null=True)
    human_labels = ArrayField(models.TextField(), null=True)
    matched = models.BooleanField(null=True)

    class Meta:
        db_table = "labeling_labeltally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "cell"], name="label_tally_once_per_cell"),
        ]


class BucketTally(Count):
    """Folded counts without the labels: for thresholds. `matched`: human and predicted labels are equal."""

    cell = models.UUIDField()
    labelled = models.BooleanField()
    checked = models.BooleanField()
    matched = models.BooleanField(null=True)
    bucket = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "labeling_buckettally"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset_id", "cell"], name="bucket_tally_once_per_cell"),
        ]


class TallyDelta(TallyCell):
    """The net effect of one statement on one cell, not folded yet."""

    class Meta:
        db_table = "labeling_tallydelta"
        indexes: ClassVar = [models.Index(fields=["dataset_id"], name="tally_delta_by_dataset")]

    def __str__(self) -> str:
        return f"{self.n:+} {self.status}"
