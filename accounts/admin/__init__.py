"""Django admin of people: what admins set goes through the same flows, and so the same checks and versions."""

from accounts.admin.people import FactorAdmin, IdentityAdmin, UserAdmin
from accounts.admin.records import AuditEventAdmin

__all__ = [
    "AuditEventAdmin",
    "FactorAdmin",
    "IdentityAdmin",
    "UserAdmin",
]
