"""Edits of predictions by people, element by element."""

from django.db import models


class Edit(models.Model):
    """The difference between a decision's value and the pre-label it was compared with: elements kept, moved and so on.
    Derived from the two, so it is stored beside the immutable decision and recomputed when tolerances change. Only for
    kinds whose labels are elements."""

    decision = models.OneToOneField(
        "review.Decision", primary_key=True, on_delete=models.DO_NOTHING, related_name="edit", db_constraint=False
    )
    kept = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)
    relabelled = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    # [[what, id in the pre-label or "", id in the decision or ""], …]; without kept elements.
    detail = models.JSONField(default=list)

    class Meta:
        db_table = "review_edit"

    def __str__(self) -> str:
        return f"edits of decision {self.decision_id}"
