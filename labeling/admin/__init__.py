"""Django admin of labeling: what admins set goes through the same flows, and so the same checks and versions."""

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
