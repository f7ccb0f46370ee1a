"""The tables of what people say."""

from review.models.activity import Activity, ActivityMark, ReviewerActivity
from review.models.decision import Decision, Origin, Verdict
from review.models.export import Export

__all__ = ["Activity", "ActivityMark", "Decision", "Export", "Origin", "ReviewerActivity", "Verdict"]
