"""The tables of what people say."""

from review.models.decision import Decision, Origin, Verdict
from review.models.export import Export

__all__ = ["Decision", "Export", "Origin", "Verdict"]
