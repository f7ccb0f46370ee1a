"""Recording password changes."""

from django.db import transaction

from accounts import audit_log
from accounts.models import AuditAction, User


@transaction.atomic
def note_password_change(*, user: User, actor: User) -> None:
    """Record a password change; Django's form has saved it in the same transaction."""
    audit_log.record(actor=actor, action=AuditAction.PASSWORD_CHANGED, target=user.username)
