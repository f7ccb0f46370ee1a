"""Sign-ins and sign-outs, as Django tells of them: from the page, from the admin and from programs alike."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from labeling import audit_log
from labeling.http import address_of
from labeling.models import AuditAction, User


@receiver(user_logged_in)
def signed_in(*, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody is in."""
    _record(AuditAction.SIGNED_IN, user, request)


@receiver(user_logged_out)
def signed_out(*, user: User | None, request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody has left; who was not in leaves no trace."""
    if user is not None:
        _record(AuditAction.SIGNED_OUT, user, request)


@receiver(user_login_failed)
def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong name or password. The name is kept as it was typed; the password never gets here."""
    _record(AuditAction.SIGN_IN_FAILED, None, request, target=str(credentials.get("username", "")))


def _record(action: AuditAction, user: User | None, request: HttpRequest | None, target: str = "") -> None:
    address = address_of(request) if request else ""
    audit_log.record(actor=user, action=action, target=target or (user.username if user else ""), address=address)
