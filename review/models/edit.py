"""What people changed of what the machine said, element by element."""

from django.db import models


class Edit(models.Model):
    """How a decision's value differs from the pre-label that it was compared with: how many elements people kept,
    moved, and so on. Worked out from the two, so it is beside the decision, which never changes: another tolerance
    makes it anew. Of kinds whose labels are elements alone."""

    decision = models.OneToOneField(
        "review.Decision", primary_key=True, on_delete=models.DO_NOTHING, related_name="edit", db_constraint=False
    )
    kept = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)
    relabelled = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    # [[what, id in the pre-label or "", id in the decision or ""], …]; what was kept is left out.
    detail = models.JSONField(default=list)

    class Meta:
        db_table = "review_edit"

    def __str__(self) -> str:
        return f"edits of decision {self.decision_id}"
