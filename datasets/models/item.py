"""One thing to label, with where it stands; and the files behind images."""

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
    """Where an item stands; a pure function of its pre-labels, decisions and policy version."""

    PENDING = "pending", "Pending"
    WAITING = "waiting", "Needs review"
    ACCEPTED = "accepted", "Accepted"
    REVIEWED = "reviewed", "Reviewed"
    DISPUTED = "disputed", "Conflict"
    EXCLUDED = "excluded", "Excluded"


class Lane(models.TextChoices):
    """Why a person must look."""

    UNCERTAIN = "uncertain", "Low confidence"
    AUDIT = "audit", "Random check"
    FAILED = "failed", "Failed prediction"
    UNSURE = "unsure", "Flagged by reviewer"
    DISAGREEMENT = "disagreement", "Disagreement"
    GOLD = "gold", "Gold"
    MANUAL = "manual", "Sent manually"


class Asset(models.Model):
    """A file, stored once by its content under `media/<first two hex digits>/<sha256>`."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    media_type = models.CharField(max_length=50)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # What else its item kind knows of it, such as seconds or pages.
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "labeling_asset"

    def __str__(self) -> str:
        return self.sha256


class Rendition(Lease):
    """What a viewer wants made of a file: a row of work, and what came of it. The bytes lie with the media, under their
    own hash."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions", db_index=False)
    item_kind = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    # Empty until it is made.
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
    """One thing to label. Content never changes; the lower half says where the item stands.

    The standing is materialised here by the one flow that changes it, in the transaction that wrote the
    pre-label or decision behind it; `manage.py verify` recomputes it from those rows.
    """

    # Checked by a trigger, once a statement: a foreign key looks it up once a row. So are a pre-label's and a slot's.
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
    # A number in [0, 1) fixed at import; an item is in the random sample when it lies below the policy's rate.
    draw = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    lane = models.CharField(max_length=12, choices=Lane.choices, blank=True, default="")
    # What the machine says at present, and the rule's answer to it.
    # Without constraints of their own, which cost each import and run a look-up a row: pre-labels are never deleted,
    # and their run keeps its labeler. `verify` compares both with the pre-label.
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
    # Names, where a label is a few of them; empty where it is elements, which have a class each (kinds.NamedClasses).
    auto_labels = ArrayField(models.CharField(max_length=200), null=True, blank=True)
    auto_confidence = models.FloatField(null=True, blank=True)
    # What thresholds are compared with: the confidence of class names, that of the least sure element where a label is
    # elements (null: it is not known), and of an item in which the machine found nothing how sure it is of that.
    auto_floor = models.FloatField(null=True, blank=True)
    # Of a kind whose labels are elements: the machine found none.
    auto_empty = models.BooleanField(default=False, db_default=False)
    policy_version = models.PositiveIntegerField(null=True, blank=True)
    above_threshold = models.BooleanField(null=True)
    sampled = models.BooleanField(default=False)
    sampling_rate = models.FloatField(null=True, blank=True)
    # People asked for this item: it waits for them whatever the machine says of it.
    requested = models.BooleanField(default=False, db_default=False)
    # Reviews that it was last put to people for; 0: never, or its label came with a file.
    reviews_asked = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Standing answers (labels, rejections, unsure): while there is one, no machine moves the item.
    answers = models.PositiveSmallIntegerField(default=0, db_default=0)
    # What people said; `blind`: whether it was said without seeing the machine's label.
    human_value = models.JSONField(null=True, blank=True)
    human_labels = ArrayField(models.CharField(max_length=200), null=True, blank=True)
    # Whether people gave what the machine says, as the task understands it; null unless both have spoken. Worked out
    # where the two values are at hand (kinds.matching), and counted by the trigger.
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
            # What people say, for the browser's filter and the cells of the confusion matrix.
            models.Index(
                fields=["dataset", "human_labels", "id"],
                condition=Q(human_labels__isnull=False),
                name="item_by_human_labels",
            ),
            # The other filters of the list of items.
            models.Index(fields=["dataset", "auto_labeler", "id"], name="item_by_labeler"),
            models.Index(fields=["dataset", "lane", "id"], condition=~Q(lane=""), name="item_by_lane"),
            models.Index(fields=["dataset", "split", "id"], condition=Q(split__isnull=False), name="item_by_split"),
            models.Index(fields=["dataset", "id"], condition=Q(matched=False), name="item_corrected"),
            # Sending pending items to people takes the highest draws; the index empties as items leave the status.
            models.Index(fields=["dataset", "-draw"], condition=Q(status=Status.PENDING), name="item_pending_draws"),
            # Items that people have answered, and with how many answers: what another number of reviews would change.
            models.Index(fields=["dataset", "status", "answers"], condition=Q(answers__gt=0), name="item_by_answers"),
            # Random checks that people have decided: what proves a threshold.
            models.Index(
                fields=["dataset", "draw"],
                condition=Q(status=Status.REVIEWED, sampled=True, blind=True),
                name="item_checks",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ItemWords(models.Model):
    """The words of an item's text, for search; written by a trigger with the item.

    Beside the item and not on it: each time that an item's standing changes PostgreSQL writes it anew into all of its
    indexes, and the index of words is the dearest of them.
    """

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
