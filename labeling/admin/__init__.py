"""Django admin of labeling. Changes go through the same flows as elsewhere, with the same checks and versions."""

from labeling.admin.labelers import LabelerAdmin, ModelVersionAdmin
from labeling.admin.policies import PolicyAdmin
from labeling.admin.records import PreLabelAdmin, RunAdmin

__all__ = [
    "LabelerAdmin",
    "ModelVersionAdmin",
    "PolicyAdmin",
    "PreLabelAdmin",
    "RunAdmin",
]
