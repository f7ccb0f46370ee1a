"""The tables of `review`."""

from review.models.decision import Decision, Origin, Verdict
from review.models.edit import Edit

__all__ = [
    "Decision",
    "Edit",
    "Origin",
    "Verdict",
]
