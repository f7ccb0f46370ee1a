"""Counts of items by where they stand, kept by a database trigger and folded by the sweep.

Every statement that writes items appends its net effect to `TallyDelta`; the sweep folds the inbox into
`Tally`. A reader adds the two in one statement, so a figure is exact at its snapshot, and no request
counts the items of a dataset. No two writers ever update one row, so there is nothing to wait for.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Count(models.Model):
    """How many items stand somewhere: what all tallies tell them apart by."""

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
    """The coordinates of one count, all of them."""

    auto_labels = ArrayField(models.TextField(), null=True)
    human_labels = ArrayField(models.TextField(), null=True)
    matched = models.BooleanField(null=True)
    # The confidence in whole hundredths, so 0 to 100 (tallies.bucket_of).
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
    """Folded counts by status and lane alone: what every review page asks for."""

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
    """Folded counts without the confidence: what accuracy and confusion are made of."""

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
    """Folded counts without the labels: what thresholds are judged by. `matched`: people gave the machine's labels."""

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
