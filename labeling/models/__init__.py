"""The tables of `labeling`."""

from labeling.models.clearance import Clearance
from labeling.models.edition import Edition, LeastDraws
from labeling.models.labeler import Labeler, LabelerKind, ModelVersion, Training, Trial
from labeling.models.reroute import Recall, Reroute
from labeling.models.run import (
    IN_THE_ARCHIVE,
    NOT_IN_THE_ARCHIVE,
    Batch,
    Outcome,
    PreLabel,
    Run,
    RunScope,
    RunStatus,
    Turn,
)

__all__ = [
    "IN_THE_ARCHIVE",
    "NOT_IN_THE_ARCHIVE",
    "Batch",
    "Clearance",
    "Edition",
    "Labeler",
    "LabelerKind",
    "LeastDraws",
    "ModelVersion",
    "Outcome",
    "PreLabel",
    "Recall",
    "Reroute",
    "Run",
    "RunScope",
    "RunStatus",
    "Training",
    "Trial",
    "Turn",
]
