"""The tables of `review`."""

from review.models.bulk import BulkAction, BulkChange, BulkKind
from review.models.decision import SENIOR, Decision, Origin, Verdict
from review.models.edit import Edit

__all__ = [
    "SENIOR",
    "BulkAction",
    "BulkChange",
    "BulkKind",
    "Decision",
    "Edit",
    "Origin",
    "Verdict",
]
