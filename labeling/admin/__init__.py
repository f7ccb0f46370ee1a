"""Django admin of labeling: what admins set goes through the same flows, and so the same checks and versions."""

from labeling.admin.datasets import DatasetAdmin, LabelClassAdmin, MembershipAdmin, PolicyAdmin
from labeling.admin.labelers import LabelerAdmin, ModelVersionAdmin
from accounts.admin.people import (ApiTokenAdmin, FactorAdmin, IdentityAdmin, UserAdmin)
from labeling.admin.records import AuditEventAdmin, ImportAdmin, ItemAdmin, PreLabelAdmin, RunAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuditEventAdmin",
    "DatasetAdmin",
    "FactorAdmin",
    "IdentityAdmin",
    "ImportAdmin",
    "ItemAdmin",
    "LabelClassAdmin",
    "LabelerAdmin",
    "MembershipAdmin",
    "ModelVersionAdmin",
    "PolicyAdmin",
    "PreLabelAdmin",
    "RunAdmin",
    "UserAdmin",
]
