"""The tables of `measuring`."""

from measuring.models.activity import Activity, ActivityMark, ReviewerActivity
from measuring.models.evaluation import Evaluation

__all__ = [
    "Activity",
    "ActivityMark",
    "Evaluation",
    "ReviewerActivity",
]
