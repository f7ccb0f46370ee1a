"""A user's own sessions: listing and ending them."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, Session, User


def sessions_of(user: User) -> QuerySet[Session]:
    """Valid sessions, most recently seen first."""
    return Session.objects.filter(user=user, expires_at__gt=timezone.now()).order_by("-seen_at", "-created_at")


@transaction.atomic
def end_sessions(*, user: User, chosen: str = "", but: str = "") -> int:
    """End one of the user's sessions, or all except the given one; returns how many. Both arguments are digests of
    keys."""
    rows = sessions_of(user)
    ended, _ = (rows.filter(pk=chosen) if chosen else rows.exclude(pk=but)).delete()
    if ended:
        details = {"sessions": ended, "which": "one" if chosen else "all others"}
        audit_log.record(actor=user, action=AuditAction.SESSIONS_ENDED, target=user.username, details=details)
    return ended
