"""Password sign-ins and sign-outs, by page, admin and API alike: recorded and rate-limited."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse

from accounts import audit_log
from accounts.models import AuditAction, User
from accounts.requests import note_confirmation
from accounts.sign_in import known_browsers, notices, throttling
from accounts.sign_in.session_store import SessionStore
from ground.web.requests import address_of

_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}


def device_of(request: HttpRequest) -> str:
    """The client as text, from the user agent: `Firefox on Linux`."""
    told = request.META.get("HTTP_USER_AGENT", "")
    browser = next((name for mark, name in _BROWSERS.items() if mark in told), "Another program")
    system = next((name for mark, name in (_SYSTEMS | {"Linux": "Linux"}).items() if mark in told), "")
    return f"{browser} on {system}" if system else browser


class GuardedBackend(ModelBackend):
    """Django's password backend with rate limiting."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None for a wrong name or password. Raises TooManyAttempts."""
        tried = None
        if request is not None and username:
            tried = throttling.may_try(throttling.PASSWORD, username, address_of(request))
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if tried is not None:
            if user is None:
                throttling.note_wrong(tried)
            else:
                tried.right()
        return user if isinstance(user, User) else None


@receiver(user_logged_in)
def signed_in(*, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """A complete sign-in: record it and start the period without confirmations."""
    if request is not None:
        note_confirmation(request)
        if isinstance(request.session, SessionStore):
            request.session.address, request.session.device = address_of(request), device_of(request)
        _tell_if_new(user, request)
    _record(AuditAction.SIGNED_IN, user, request, details={"by": user.signed_in_by} if user.signed_in_by else None)


def _tell_if_new(user: User, request: HttpRequest) -> None:
    address, known = address_of(request), known_browsers.is_known(request, user)
    if notices.is_wanted(user=user, address=address, browser_is_known=known):
        link = request.build_absolute_uri(reverse("sessions"))
        notices.tell(user=user, address=address, device=device_of(request), link=link)


@receiver(user_logged_out)
def signed_out(*, user: User | None, request: HttpRequest | None = None, **_: Any) -> None:
    """Record a sign-out; nothing for anonymous users."""
    if user is not None:
        _record(AuditAction.SIGNED_OUT, user, request)


@receiver(user_login_failed)
def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong name or password. The name is stored as typed; the password is not passed here."""
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
