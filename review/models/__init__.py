"""The tables of `review`."""

from review.models.decision import Decision, Origin, Verdict
from review.models.resettlement import Resettlement

__all__ = [
    "Decision",
    "Origin",
    "Resettlement",
    "Verdict",
]
