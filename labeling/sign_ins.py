"""Sign-ins and sign-outs, from the page, from the admin and from programs alike: recorded, and guessing made slow."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from labeling import audit_log
from labeling.errors import TooManyAttempts
from labeling.http import COOL_OFF_SECONDS, address_of
from labeling.models import AuditAction, AuditEvent, User

# Wrong passwords in a row, for one name from one address, after which nothing is looked at for COOL_OFF_SECONDS.
MOST_WRONG = 5


class GuardedBackend(ModelBackend):
    """Django's passwords, for whoever does not guess."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None for a wrong name or password. Raises TooManyAttempts."""
        if request is not None and username:
            _refuse_guessing(username, address_of(request))
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) else None


def _refuse_guessing(username: str, address: str) -> None:
    """By name and address: who guesses somebody's password keeps out nobody but themselves."""
    last = AuditEvent.objects.filter(
        target=username,
        address=address,
        action__in=["signed_in", "sign_in_failed"],
        at__gt=timezone.now() - timedelta(seconds=COOL_OFF_SECONDS),
    ).values_list("action", flat=True)[:MOST_WRONG]
    if list(last) == [AuditAction.SIGN_IN_FAILED] * MOST_WRONG:
        raise TooManyAttempts(
            f"{MOST_WRONG} wrong passwords in a row: sign in again in {COOL_OFF_SECONDS // 60} minutes."
        )


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
