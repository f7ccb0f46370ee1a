"""Items and their status, and the files of images."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from datasets.querysets.items import ItemQuerySet
from work.models import Lease


class Status(models.TextChoices):
    """The status of an item; a pure function of its pre-labels, decisions and policy version."""

    PENDING = "pending", "Pending"
    WAITING = "waiting", "Needs review"
    ACCEPTED = "accepted", "Accepted"
    REVIEWED = "reviewed", "Reviewed"
    DISPUTED = "disputed", "Conflict"
    EXCLUDED = "excluded", "Excluded"


class Lane(models.TextChoices):
    """Why an item needs review."""

    UNCERTAIN = "uncertain", "Low confidence"
    AUDIT = "audit", "Random check"
    FAILED = "failed", "Failed prediction"
    UNSURE = "unsure", "Flagged by reviewer"
    DISAGREEMENT = "disagreement", "Disagreement"
    GOLD = "gold", "Gold"
    MANUAL = "manual", "Sent manually"


class Asset(models.Model):
    """A file, stored once by content under `media/<first two hex digits>/<sha256>`."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    media_type = models.CharField(max_length=50)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # Further metadata for its item kind, such as seconds or pages.
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "labeling_asset"

    def __str__(self) -> str:
        return self.sha256


class Rendition(Lease):
    """A rendition of a file for a viewer: the job, and its result. The bytes are among the media, under their own
    hash."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions", db_index=False)
    item_kind = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    # Empty until created.
    sha256 = models.CharField(max_length=64, blank=True, default="")
    media_type = models.CharField(max_length=50, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)

    class Meta(Lease.Meta):
        db_table = "labeling_rendition"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "item_kind", "name"], name="rendition_once_per_asset")
        ]
        indexes: ClassVar = Lease.open_index("rendition")

    def __str__(self) -> str:
        return f"{self.name} of {self.asset_id}"


class Item(models.Model):
    """One thing to label. Its content never changes; the lower half is its status.
    The status is written by the flow that changes it, in the transaction of the pre-label or decision behind it;
    `manage.py verify` recomputes it from those rows."""

    # Checked by a trigger once per statement; a foreign key would check once per row. The same holds for pre-labels
    # and slots.
    dataset = models.ForeignKey(
        "datasets.Dataset", on_delete=models.DO_NOTHING, related_name="items", db_index=False, db_constraint=False
    )
    external_id = models.CharField(max_length=300)
    content_hash = models.BinaryField(max_length=16)
    text = models.TextField(blank=True)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    metadata = models.JSONField(default=dict, blank=True)
    split = models.ForeignKey(
        "datasets.Split", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # A number in [0, 1) fixed at import; the item is in the random sample if it lies below the policy's rate.
    draw = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    lane = models.CharField(max_length=12, choices=Lane.choices, blank=True, default="")
    # The predicted label, and the result of the policy.
    auto_prelabel = models.ForeignKey(
        "labeling.PreLabel",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    auto_labeler = models.ForeignKey(
        "labeling.Labeler",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    # Class names, if labels are class names; empty if they are elements, which have a class each
    # (kinds.NamedClasses).
    auto_labels = ArrayField(models.CharField(max_length=200), null=True, blank=True)
    auto_confidence = models.FloatField(null=True, blank=True)
    # What thresholds are compared with: the confidence for class names, the least confident element otherwise (null:
    # unknown), and for an empty prediction the confidence in that.
    auto_floor = models.FloatField(null=True, blank=True)
    # For kinds with elements: an empty prediction.
    auto_empty = models.BooleanField(default=False, db_default=False)
    policy_version = models.PositiveIntegerField(null=True, blank=True)
    above_threshold = models.BooleanField(null=True)
    sampled = models.BooleanField(default=False)
    sampling_rate = models.FloatField(null=True, blank=True)
    # Sent to review explicitly: it stays in the queue whatever is predicted.
    requested = models.BooleanField(default=False, db_default=False)
    # Number of reviews last requested; 0: none, or its label was imported.
    reviews_asked = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Valid answers (labels, rejections, flags): while there is one, predictions do not move the item.
    answers = models.PositiveSmallIntegerField(default=0, db_default=0)
    # The human label; `blind`: whether it was given without seeing the prediction.
    human_value = models.JSONField(null=True, blank=True)
    human_labels = ArrayField(models.CharField(max_length=200), null=True, blank=True)
    # Whether human and predicted label are equal, as the task defines it; null unless both exist. Computed where both
    # values are at hand (kinds.matching), and counted by the trigger.
    matched = models.BooleanField(null=True)
    blind = models.BooleanField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        db_table = "labeling_item"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "external_id"], name="item_once_per_dataset"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="item_status_is_known"),
            models.CheckConstraint(condition=Q(lane__in=["", *Lane.values]), name="item_lane_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.WAITING, Status.DISPUTED]) ^ Q(lane=""), name="item_waits_in_a_lane"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.ACCEPTED)
                | Q(auto_labels__isnull=False, above_threshold=True, policy_version__isnull=False),
                name="accepted_item_has_a_label_above_its_threshold",
            ),
            models.CheckConstraint(
                condition=Q(matched__isnull=True) | Q(auto_labels__isnull=False, human_labels__isnull=False),
                name="only_what_both_have_labelled_is_matched",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.REVIEWED) | Q(human_labels__isnull=False, human_value__isnull=False),
                name="reviewed_item_has_a_human_label",
            ),
            models.CheckConstraint(
                condition=Q(auto_confidence__isnull=True) | Q(auto_confidence__gte=0, auto_confidence__lte=1),
                name="item_confidence_lies_in_0_1",
            ),
            models.CheckConstraint(condition=Q(draw__gte=0, draw__lt=1), name="item_draw_lies_in_0_1"),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.PENDING, Status.ACCEPTED]) | Q(answers=0, requested=False),
                name="answered_or_requested_item_is_not_left_to_the_machine",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.REVIEWED, Status.DISPUTED, Status.EXCLUDED]) | Q(answers__gt=0),
                name="decided_item_has_an_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["dataset", "id"], name="item_by_dataset"),
            models.Index(fields=["dataset", "status", "id"], name="item_by_status"),
            models.Index(fields=["dataset", "auto_confidence", "id"], name="item_by_confidence"),
            models.Index(fields=["dataset", "auto_labels", "auto_confidence", "id"], name="item_by_class"),
            # Human labels, for the item list and cells of the confusion matrix.
            models.Index(
                fields=["dataset", "human_labels", "id"],
                condition=Q(human_labels__isnull=False),
                name="item_by_human_labels",
            ),
            # Further filters of the item list.
            models.Index(fields=["dataset", "auto_labeler", "id"], name="item_by_labeler"),
            models.Index(fields=["dataset", "lane", "id"], condition=~Q(lane=""), name="item_by_lane"),
            models.Index(fields=["dataset", "split", "id"], condition=Q(split__isnull=False), name="item_by_split"),
            models.Index(fields=["dataset", "id"], condition=Q(matched=False), name="item_corrected"),
            # For sending pending items to review, highest draws first; items leave the index with the status.
            models.Index(fields=["dataset", "-draw"], condition=Q(status=Status.PENDING), name="item_pending_draws"),
            # Answered items by number of answers: for changes of the number of reviews.
            models.Index(fields=["dataset", "status", "answers"], condition=Q(answers__gt=0), name="item_by_answers"),
            # Reviewed random checks, for certifying thresholds.
            models.Index(
                fields=["dataset", "draw"],
                condition=Q(status=Status.REVIEWED, sampled=True, blind=True),
                name="item_checks",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ItemWords(models.Model):
    """The search words of an item's text; written by a trigger with the item.
    A table of its own, because PostgreSQL rewrites all indexes of an item on each change of its status, and the word
    index is the most expensive."""

    item = models.OneToOneField(
        Item, primary_key=True, on_delete=models.DO_NOTHING, related_name="words", db_constraint=False
    )
    dataset = models.ForeignKey(
        "datasets.Dataset", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        db_table = "labeling_itemwords"
        verbose_name_plural = "items' words"
        indexes: ClassVar = [GinIndex(fields=["words"], name="item_words_search")]

    def __str__(self) -> str:
        return f"words of item {self.item_id}"
