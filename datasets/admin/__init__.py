"""Django admin of datasets. Changes go through the same flows as elsewhere, with the same checks and versions."""

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
