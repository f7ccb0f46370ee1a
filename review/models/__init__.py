"""The tables of `review`."""

from review.models.decision import Decision, Origin, Verdict

__all__ = [
    "Decision",
    "Origin",
    "Verdict",
]
