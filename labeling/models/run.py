"""Runs, their batches, and the predictions."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from work.models import Lease


class RunScope(models.TextChoices):
    """Which items a run covers."""

    REMAINING = "remaining", "Items that nobody has reviewed, and random checks"
    UNSEEN = "unseen", "Items that this labeler has not looked at"
    NEW = "new", "Items that came with an import"
    SAMPLE = "sample", "A random sample"
    FAILED = "failed", "Items on which another run failed"
    ALL = "all", "All items, reviewed ones too"
    CHOSEN = "chosen", "Items that somebody chose"


# Reasons shown for a paused run, and for a failed test or training, of an archived dataset.
IN_THE_ARCHIVE = "The dataset is in the archive. Bring it back, then resume the run."
NOT_IN_THE_ARCHIVE = "The dataset went to the archive. Bring it back, then retry."


class RunStatus(models.TextChoices):
    """The state of a run."""

    PLANNING = "planning", "Planning"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Run(models.Model):
    """One execution of a labeler over a selection of items, cut into batches."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="runs")
    labeler = models.ForeignKey("labeling.Labeler", on_delete=models.PROTECT, related_name="runs")
    model_version = models.ForeignKey(
        "labeling.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # The labeler's configuration when the run started.
    config = models.JSONField(default=dict)
    edition = models.ForeignKey("labeling.Edition", on_delete=models.PROTECT, related_name="runs")
    scope = models.CharField(max_length=10, choices=RunScope.choices, default=RunScope.REMAINING)
    # For a run over newly imported items: the first of them; items imported at the same time count as new too.
    first_item = models.BigIntegerField(null=True, blank=True)
    # For a run over chosen items: the selection (datasets.selecting).
    selection = models.JSONField(null=True, blank=True)
    sample_size = models.PositiveIntegerField(null=True, blank=True)
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.PLANNING)
    status_reason = models.CharField(max_length=500, blank=True)
    total = models.PositiveBigIntegerField(default=0)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recalled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # NULL, not empty: any number of rows may have none.
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Its results, summarised at the end (labeling.runs.results); null before, and if cancelled.
    results = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "labeling_run"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "idempotency_key"], name="run_once_per_idempotency_key"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=[RunStatus.PLANNING, RunStatus.RUNNING]),
                name="run_open",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.labeler}"


class Turn(models.Model):
    """When a dataset's runs last got a worker: those of network labelers, and the others."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="+", db_index=False)
    asks_network = models.BooleanField()
    served_at = models.DateTimeField()

    class Meta:
        db_table = "labeling_turn"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "asks_network"], name="turn_once_per_dataset_and_sort"),
        ]

    def __str__(self) -> str:
        return f"turn of {self.dataset}"


class Batch(Lease):
    """A slice of a run: the dataset's items with `first_item <= id <= last_item`, or exactly `item_ids`."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches")
    sequence = models.PositiveIntegerField()
    first_item = models.BigIntegerField()
    last_item = models.BigIntegerField()
    item_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    labelled = models.PositiveIntegerField(default=0)
    abstained = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost_micros = models.PositiveBigIntegerField(default=0)

    class Meta(Lease.Meta):
        db_table = "labeling_batch"
        verbose_name_plural = "batches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "sequence"], name="batch_once_per_run"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run", "id"],
                condition=Q(state__in=["pending", "running"]),
                name="batch_open",
            )
        ]

    def __str__(self) -> str:
        return f"batch {self.sequence} of run {self.run_id}"


class Outcome(models.TextChoices):
    """The kind of a labeler's answer."""

    LABELLED = "labelled", "Labelled"
    ABSTAINED = "abstained", "Abstained"
    FAILED = "failed", "Failed"


class PreLabel(models.Model):
    """A prediction: the answer of one labeler for one item in one run. Append-only (trigger)."""

    # A trigger checks item, run and model version.
    item = models.ForeignKey(
        "datasets.Item", on_delete=models.DO_NOTHING, related_name="prelabels", db_constraint=False
    )
    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, related_name="prelabels", db_index=False, db_constraint=False
    )
    # The run's labeler, which the run's own constraint keeps.
    labeler = models.ForeignKey(
        "labeling.Labeler",
        on_delete=models.DO_NOTHING,
        related_name="prelabels",
        db_index=False,
        db_constraint=False,
    )
    model_version = models.ForeignKey(
        "labeling.ModelVersion",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    fence = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    value = models.JSONField(null=True)
    # The probability that the whole value is right; null if unknown.
    confidence = models.FloatField(null=True)
    # The summary of a value with elements (kinds.summary): the probability of each element in the value's order, null
    # if unknown; number of elements per class; the least confident element per class; and for an empty value the
    # confidence that there are no elements.
    parts = ArrayField(models.FloatField(null=True), null=True)
    counts = models.JSONField(null=True)
    floors = models.JSONField(null=True)
    empty = models.FloatField(null=True)
    # What was mended in the value, in words for people.
    notes = models.JSONField(default=list)
    margin = models.FloatField(null=True)
    # [[label, probability], …], most likely first; at most ten.
    alternatives = models.JSONField(default=list)
    error_kind = models.CharField(max_length=20, blank=True, default="")
    error_detail = models.CharField(max_length=1_000, blank=True, default="")
    raw_answer = models.TextField(blank=True, default="")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost_micros = models.PositiveBigIntegerField(default=0)
    latency_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "labeling_prelabel"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "item"], name="prelabel_once_per_run_and_item"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="prelabel_outcome_is_known"),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                name="prelabel_confidence_lies_in_0_1",
            ),
            models.CheckConstraint(
                condition=Q(empty__isnull=True) | Q(empty__gte=0, empty__lte=1), name="prelabel_empty_lies_in_0_1"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.LABELLED, value__isnull=False, error_kind="")
                | Q(outcome=Outcome.ABSTAINED, value__isnull=True, error_kind="")
                | (Q(outcome=Outcome.FAILED, value__isnull=True) & ~Q(error_kind="")),
                name="prelabel_is_a_label_an_abstention_or_an_error",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run", "error_kind", "item"],
                condition=Q(outcome=Outcome.FAILED),
                name="prelabel_failures",
            )
        ]

    def __str__(self) -> str:
        return f"pre-label {self.pk}"
