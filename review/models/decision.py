"""Decisions of people: append-only, with a hash chain."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Verdict(models.TextChoices):
    """The kind of decision. Whether a label confirms or corrects the prediction is computed, not stored as entered."""

    LABEL = "label", "Label"
    REJECT = "reject", "Reject"
    SKIP = "skip", "Skip"
    UNSURE = "unsure", "Flagged"
    UNDO = "undo", "Undo"


class Origin(models.TextChoices):
    """How the decision was made."""

    REVIEW = "review", "Review"
    IMPORT = "import", "Import"
    ADJUDICATION = "adjudication", "Adjudication"
    # By a manager, outside the queue; like an adjudication it is final.
    CORRECTION = "correction", "Correction"


# Origins that settle an item alone.
SENIOR = frozenset({Origin.ADJUDICATION, Origin.CORRECTION})


class Decision(models.Model):
    """One decision of a person on an item. Never changed or deleted (trigger); undo is a new row.
    A trigger sets `seq`, `previous_hash` and `hash`, so that every writer is part of the chain."""

    request_id = models.UUIDField()
    # Decisions of one key press on many items, undone together.
    group_id = models.UUIDField(null=True, blank=True)
    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    item = models.ForeignKey("datasets.Item", on_delete=models.DO_NOTHING, related_name="decisions", db_index=False)
    seq = models.PositiveIntegerField(default=0)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="decisions", db_index=False
    )
    origin = models.CharField(max_length=12, choices=Origin.choices, default=Origin.REVIEW)
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    value = models.JSONField(null=True)
    reason = models.CharField(max_length=1_000, blank=True, default="")
    # The predicted label at that time, whether it was shown, and whether it was equal.
    prelabel = models.ForeignKey(
        "labeling.PreLabel", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    shown = models.BooleanField(default=False)
    matched = models.BooleanField(null=True)
    # The wrong suggestion of an attention check, and whether it was noticed. If not, the decision does not count as an
    # answer.
    probe = models.JSONField(null=True)
    probe_caught = models.BooleanField(null=True)
    lane = models.CharField(max_length=12, blank=True, default="")
    sampled = models.BooleanField(default=False)
    sampling_rate = models.FloatField(null=True)
    slot = models.PositiveSmallIntegerField(default=0)
    priority = models.FloatField(default=0)
    claim_token = models.UUIDField(null=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    import_job = models.ForeignKey(
        "exchange.Import", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    seconds = models.FloatField(null=True)
    decided_at = models.DateTimeField()
    previous_hash = models.BinaryField(max_length=32, null=True)
    hash = models.BinaryField(max_length=32, default=b"")

    class Meta:
        db_table = "review_decision"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request_id", "item"], name="decision_once_per_request_and_item"),
            models.UniqueConstraint(fields=["item", "seq"], name="decision_history_has_no_fork"),
            models.UniqueConstraint(fields=["undoes"], name="decision_undone_at_most_once"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="decision_verdict_is_known"),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.LABEL) ^ Q(value__isnull=True), name="decision_label_has_a_value"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.UNDO) ^ Q(undoes__isnull=True), name="decision_undo_names_what_it_undoes"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["dataset", "decided_at"], name="decision_by_day"),
            models.Index(fields=["reviewer", "dataset", "-id"], name="decision_by_reviewer"),
            models.Index(
                fields=["dataset", "reviewer"], condition=Q(probe_caught__isnull=False), name="decision_probes"
            ),
            models.Index(fields=["group_id"], condition=Q(group_id__isnull=False), name="decision_by_group"),
            # Whether an item has had a random check, by an index-only scan.
            models.Index(fields=["item"], condition=Q(sampled=True, verdict=Verdict.LABEL), name="decision_checks"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of item {self.item_id}"
