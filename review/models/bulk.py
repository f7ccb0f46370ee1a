"""Bulk actions: parameters, progress, and what each item was before."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from work.models import Lease, Pass


class BulkKind(models.TextChoices):
    """The kind of change."""

    SEND = "send", "Send to review"
    LABEL = "label", "Label"
    EXCLUDE = "exclude", "Exclude"
    INCLUDE = "include", "Include again"
    SPLIT = "split", "Set split"
    CLEAR = "clear", "Mark as ordinary text"
    UNDO = "undo", "Undo"


class BulkAction(Pass):
    """One change of many items, processed by id; `undoes` is the action that this one undoes."""

    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.CASCADE, related_name="bulk_actions")
    kind = models.CharField(max_length=10, choices=BulkKind.choices)
    # The selection (datasets.selecting), and the parameters: a label value, a split, a reason.
    selection = models.JSONField(default=dict)
    given = models.JSONField(default=dict)
    # Estimated number of items at the start; number skipped, by reason.
    total = models.PositiveBigIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    # Of its decisions.
    group_id = models.UUIDField(default=uuid.uuid4)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(Lease.Meta):
        db_table = "review_bulkaction"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=BulkKind.values), name="bulk_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(kind=BulkKind.UNDO) ^ models.Q(undoes__isnull=True),
                name="bulk_undo_names_what_it_undoes",
            ),
        ]
        indexes: ClassVar = Lease.open_index("bulk_action")

    def __str__(self) -> str:
        return f"bulk action {self.pk} on {self.dataset}"

    @property
    def left(self) -> int:
        """Items left unchanged."""
        return int(sum(self.skipped.values())) + self.failures

    @property
    def done(self) -> int:
        """Items processed."""
        return self.moved + self.left


class BulkChange(models.Model):
    """An item changed by a bulk action, with what undo needs: the decision, the previous split."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="changes", db_index=False)
    item = models.ForeignKey(
        "datasets.Item", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    before = models.JSONField()

    class Meta:
        db_table = "review_bulkchange"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["action", "item"], name="bulk_change_once_per_action_and_item"),
        ]

    def __str__(self) -> str:
        return f"item {self.item_id} by bulk action {self.action_id}"
