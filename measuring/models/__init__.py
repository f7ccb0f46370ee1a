"""The tables of `measuring`."""

from measuring.models.activity import Activity, ActivityMark, ReviewerActivity

__all__ = [
    "Activity",
    "ActivityMark",
    "ReviewerActivity",
]
