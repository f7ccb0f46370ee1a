"""Django admin of users. Changes go through the same flows as elsewhere, with the same checks and versions."""

from accounts.admin.people import FactorAdmin, IdentityAdmin, UserAdmin
from accounts.admin.records import AuditEventAdmin

__all__ = [
    "AuditEventAdmin",
    "FactorAdmin",
    "IdentityAdmin",
    "UserAdmin",
]
