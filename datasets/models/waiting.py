"""The review queue ("waiting room"): one narrow row per review that is still needed."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from datasets.models.item import Lane


class Waiting(models.Model):
    """One review slot of one item. Review claims the row and deletes it when it records the decision.
    Narrow on purpose: claiming on the wide item row is eight times slower with 64 reviewers."""

    # Checked by a trigger.
    item = models.ForeignKey(
        "datasets.Item", on_delete=models.DO_NOTHING, related_name="waiting", db_index=False, db_constraint=False
    )
    # The item's lane, which the item's own constraint guarantees.
    dataset = models.ForeignKey(
        "datasets.Dataset", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    slot = models.PositiveSmallIntegerField(default=0)
    lane = models.CharField(max_length=12, choices=Lane.choices)
    # In the random sample: served in random order, mixed in early, and always blind.
    sampled = models.BooleanField(default=False)
    blind = models.BooleanField(default=False)
    priority = models.FloatField(default=0)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    claimed_until = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)
    # False until the page confirms that it received the item.
    confirmed = models.BooleanField(default=True, db_default=True)
    # The deliberately wrong suggestion for the claim's holder (kinds.Damage); null for nearly all.
    probe = models.JSONField(null=True, blank=True)
    # A new prediction arrived during the claim: the item is placed again once the claim ends.
    stale = models.BooleanField(default=False)
    skipped_by = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        db_table = "labeling_waiting"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "slot"], name="waiting_once_per_item_and_slot"),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_until__isnull=True, token__isnull=True)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False, token__isnull=False),
                name="waiting_claim_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["dataset", "sampled", "-priority", "id"],
                condition=Q(claimed_by__isnull=True),
                name="waiting_free",
            ),
            models.Index(
                fields=["dataset", "lane", "-priority", "id"],
                condition=Q(claimed_by__isnull=True),
                name="waiting_free_by_lane",
            ),
            models.Index(fields=["claimed_until"], condition=Q(claimed_by__isnull=False), name="waiting_claimed"),
            models.Index(fields=["id"], condition=Q(stale=True), name="waiting_stale"),
            models.Index(fields=["dataset", "claimed_by"], condition=Q(claimed_by__isnull=False), name="waiting_held"),
        ]

    def __str__(self) -> str:
        return f"item {self.item_id} waits in {self.lane}"
