"""Django admin of datasets: what admins set goes through the same flows, and so the same checks and versions."""

from datasets.admin.datasets import DatasetAdmin, LabelClassAdmin, MembershipAdmin
from datasets.admin.items import ItemAdmin
from datasets.admin.tokens import ApiTokenAdmin

__all__ = [
    "ApiTokenAdmin",
    "DatasetAdmin",
    "ItemAdmin",
    "LabelClassAdmin",
    "MembershipAdmin",
]
