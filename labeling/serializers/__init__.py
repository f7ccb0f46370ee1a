"""The shapes of the labeling API: what comes in is checked here for its type, in the flows for its meaning."""

from datasets.serializers.datasets import (ChangeClassIn, ChangeDatasetIn, ClassIn, ClassOrName, ClassOut, DatasetOut, NewDatasetIn, PolicyIn, PolicyOut)
from datasets.serializers.items import (CountIn, CountOut, ItemDetailOut, ItemOut, PreLabelOut)
from labeling.serializers.jobs import (
    JOB_STATUS,
    ImportOut,
    JobOut,
    NewImportIn,
    NewRunIn,
    RunOut,
    TrainingOut,
    TrialOut,
)
from labeling.serializers.labelers import LabelerIn, LabelerOut, ModelVersionOut
from datasets.serializers.people import (InvitationOut, MemberIn, MemberOut, NewInvitationOut, NewTokenIn, RoleIn, TokenOut)

__all__ = [
    "JOB_STATUS",
    "ChangeClassIn",
    "ChangeDatasetIn",
    "ClassIn",
    "ClassOrName",
    "ClassOut",
    "CountIn",
    "CountOut",
    "DatasetOut",
    "ImportOut",
    "InvitationOut",
    "ItemDetailOut",
    "ItemOut",
    "JobOut",
    "LabelerIn",
    "LabelerOut",
    "MemberIn",
    "MemberOut",
    "ModelVersionOut",
    "NewDatasetIn",
    "NewImportIn",
    "NewInvitationOut",
    "NewRunIn",
    "NewTokenIn",
    "PolicyIn",
    "PolicyOut",
    "PreLabelOut",
    "RoleIn",
    "RunOut",
    "TokenOut",
    "TrainingOut",
    "TrialOut",
]
