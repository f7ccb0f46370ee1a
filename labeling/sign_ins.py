"""Sign-ins and sign-outs, from the page, from the admin and from programs alike: recorded, and guessing made slow."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from labeling import audit_log, guessing
from labeling.http import address_of, note_confirmation
from labeling.models import AuditAction, User


class GuardedBackend(ModelBackend):
    """Django's passwords, for whoever does not guess."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None for a wrong name or password. Raises TooManyAttempts."""
        if request is not None and username:
            guessing.refuse_passwords(username, address_of(request))
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) else None


@receiver(user_logged_in)
def signed_in(*, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody is in: all factors were right, and for a while nothing asks again."""
    if request is not None:
        note_confirmation(request)
    _record(AuditAction.SIGNED_IN, user, request, details={"by": user.signed_in_by} if user.signed_in_by else None)


@receiver(user_logged_out)
def signed_out(*, user: User | None, request: HttpRequest | None = None, **_: Any) -> None:
    """Somebody has left; who was not in leaves no trace."""
    if user is not None:
        _record(AuditAction.SIGNED_OUT, user, request)


@receiver(user_login_failed)
def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong name or password. The name is kept as it was typed; the password never gets here."""
    _record(AuditAction.SIGN_IN_FAILED, None, request, target=str(credentials.get("username", "")))


def _record(
    action: AuditAction,
    user: User | None,
    request: HttpRequest | None,
    target: str = "",
    details: dict[str, str] | None = None,
) -> None:
    audit_log.record(
        actor=user,
        action=action,
        target=target or (user.username if user else ""),
        details=details,
        address=address_of(request) if request else "",
    )
