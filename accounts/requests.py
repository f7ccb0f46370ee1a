"""Middleware and context for every request: database failures, the user's time zone, body size."""

import time
import zoneinfo
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from ground.web.middleware import GetResponse
from ground.web.requests import address_of, number_in

# For this long after a sign-in or a confirmation, changing sign-in settings needs no new confirmation.
CONFIRMED_SECONDS = 600
# Longest body of an anonymous request.
ANONYMOUS_BYTES = 100_000
_CONFIRMED_AT = "confirmed_at"


class AuthenticatedHttpRequest(HttpRequest):
    """A request behind `LoginRequiredMiddleware`: the user is known."""

    user: User


def user_of(request: HttpRequest) -> User:
    """The signed-in user; LoginRequiredMiddleware guarantees one, except on public pages."""
    user = cast(User, request.user)
    user.address = address_of(request)
    return user


def note_confirmation(request: HttpRequest) -> None:
    """Note that the user has just confirmed their identity."""
    request.session[_CONFIRMED_AT] = time.time()


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether the user confirmed their identity recently: an unattended session is not enough."""
    at = request.session.get(_CONFIRMED_AT, 0)
    return bool(0 <= time.time() - at < CONFIRMED_SECONDS)


class AnonymousBodyMiddleware:
    """Refuses long bodies of anonymous requests before the CSRF check reads them for its token. The API authenticates
    before it reads."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """413 for a body that is too long."""
        length = number_in(request.META.get("CONTENT_LENGTH") or "0") or 0
        if length <= ANONYMOUS_BYTES or request.user.is_authenticated or request.path.startswith("/api/"):
            return None
        detail = f"Sign in before sending more than {ANONYMOUS_BYTES:,} bytes."
        return HttpResponse(render_to_string("refused.html", {"detail": detail}), status=413)


class TimeZoneMiddleware:
    """Shows times in the signed-in user's time zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the time zone, then continue."""
        if request.user.is_authenticated:
            try:
                timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
        else:
            timezone.deactivate()
        return self.get_response(request)
