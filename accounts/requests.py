"""What every request goes through: the answer when the database is away, the user's time zone, page context."""

import ipaddress
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.core.signals import request_finished
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django_htmx.middleware import HtmxDetails
from psycopg.errors import LockNotAvailable, QueryCanceled

from accounts.models import User
from ground import log_lines
from ground.errors import Stale, TooManyAttempts
from accounts.sign_in.throttling import COOL_OFF_SECONDS
from ground.web.refusals import (DATABASE_REFUSALS, refusal_of)

# How long after a sign-in, or after confirming who one is, nobody is asked again before changing how they sign in.
CONFIRMED_SECONDS = 600
# The longest body of a request without a sign-in.
ANONYMOUS_BYTES = 100_000
_CONFIRMED_AT = "confirmed_at"
_REQUEST_ID = re.compile(r"[\w-]{8,64}", re.ASCII)
GetResponse = Callable[[HttpRequest], HttpResponse]


class AuthenticatedHttpRequest(HttpRequest):
    """A request behind `LoginRequiredMiddleware`: the user is known."""

    user: User


def user_of(request: HttpRequest) -> User:
    """The user behind LoginRequiredMiddleware: known on every page that does not say otherwise."""
    user = cast(User, request.user)
    user.address = address_of(request)
    return user


def note_confirmation(request: HttpRequest) -> None:
    """Whoever sits there has just shown who they are."""
    request.session[_CONFIRMED_AT] = time.time()


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether whoever sits there has shown who they are a short while ago: a session left open is not enough."""
    at = request.session.get(_CONFIRMED_AT, 0)
    return bool(0 <= time.time() - at < CONFIRMED_SECONDS)


def asked(values: QueryDict, name: str) -> str:
    """A value of the address, empty if there is none. Without NUL: the database takes it in no text."""
    return values.get(name, "").replace("\x00", "")


def number_in(text: str) -> int | None:
    """The whole number that stands in an address or a form; None for anything else. ASCII digits alone: `isdecimal`
    takes those of every script, and an id has one spelling."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def stale_page(request: HttpRequest, error: Stale) -> HttpResponse:
    """409 with both states, where no form is there to be shown again."""
    return render(request, "409.html", {"stale": compared(error)}, status=409)


def compared(error: Stale) -> dict[str, object]:
    """For the template: what was wrong, and each field with what was sent and what is stored."""
    rows = [(name, value, error.stored.get(name)) for name, value in error.sent.items()]
    return {"message": error.message, "rows": [(n, sent, there) for n, sent, there in rows if sent != there]}


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; empty if that is not told.

    Behind a proxy it is the last hop that the proxy names: what stands before it is what the client claims.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    try:
        return str(ipaddress.ip_address(told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return ""


def is_busy(error: BaseException | None) -> bool:
    """Whether the database answered, and ended a statement that had waited or worked for too long."""
    return isinstance(getattr(error, "__cause__", None), (LockNotAvailable, QueryCanceled))


def database_away(request: HttpRequest, error: BaseException | None = None) -> HttpResponse:
    """503 with Retry-After: a page for people, a problem (RFC 9457) for programs."""
    code, title, detail = "database_away", "The database is away", "The database cannot be reached just now; try again."
    if is_busy(error):
        code, title, detail = (
            "busy",
            "Busy",
            "Somebody else is changing the same thing just now; try again in a moment.",
        )
    body = {"type": "about:blank", "title": title, "status": 503, "code": code}
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(
            body | {"detail": detail, "field": ""}, status=503, content_type="application/problem+json"
        )
    else:
        response = HttpResponse(render_to_string("503.html", {"busy": code == "busy"}), status=503)
    response["Retry-After"] = "5"
    return response


class RequestIdMiddleware:
    """Gives each request an id, which its log lines and its answer carry; behind a proxy, the proxy's own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        told = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
        request_id = told if _REQUEST_ID.fullmatch(told) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # for the page that says that something broke
        # Django writes of an error when all middleware has been left.
        log_lines.begin(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


@receiver(request_finished)
def request_is_over(**_: object) -> None:
    """What the thread logs from now on is not this request's."""
    log_lines.end()


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses pages and fragments; files are sent as they are, images and exports are small or long enough.

    Django adds a random length to each answer and masks its tokens anew, against guessing by size (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed if it is HTML and the browser takes it."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class DatabaseDownMiddleware:
    """Answers 503 with Retry-After, and no traceback, while the database cannot be reached.

    What is raised outside of views, where sessions and users are looked up, comes to `handler500`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A lost connection, and what only the database refused; every other error stays an error."""
        if isinstance(exception, (OperationalError, InterfaceError)):
            return database_away(request, exception)
        if isinstance(exception, DATABASE_REFUSALS):
            status, _, detail = refusal_of(exception, request)
            return HttpResponse(render_to_string("refused.html", {"detail": detail}), status=status)
        return None


class RefusalMiddleware:
    """Answers 429 with Retry-After where somebody guesses, 409 where somebody else was faster, and 400 where an upload
    broke off; the API has its own answers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """These three; every other error stays an error."""
        if isinstance(exception, UnreadablePostError):  # the sender is gone, or the front has told it why
            return HttpResponse(status=400)
        if isinstance(exception, Stale):
            return stale_page(request, exception)
        if not isinstance(exception, TooManyAttempts):
            return None
        headers = {"Retry-After": str(COOL_OFF_SECONDS)}
        return HttpResponse(
            render_to_string("429.html", {"explanation": exception.message}, request), status=429, headers=headers
        )


class AnonymousBodyMiddleware:
    """Refuses long bodies from people who are not signed in, before the CSRF check would read them for its token. The
    API authenticates before it reads."""

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
    """Shows times in the signed-in user's own zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the zone, then hand on."""
        if request.user.is_authenticated:
            try:
                timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
        else:
            timezone.deactivate()
        return self.get_response(request)


def page_context(request: HttpRequest) -> dict[str, object]:
    """What the base template needs on every page."""
    return {"wants_fragment": wants_fragment(request)}


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part of the page: not for boosted links and not for restored history."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx is None or not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request
