"""Middleware for every request: an id, compression, and responses to unforeseen errors."""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.signals import request_finished
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string

from ground import log_lines
from ground.errors import Stale, TooManyAttempts
from ground.web.answers import database_away, stale_page
from ground.web.refusals import DATABASE_REFUSALS, refusal_of

_REQUEST_ID = re.compile(r"[\w-]{8,64}", re.ASCII)


GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Assigns each request an id, for its log lines and its response; behind a proxy, the proxy's id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        told = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
        request_id = told if _REQUEST_ID.fullmatch(told) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # for the page that says that something broke
        # Django logs an error after all middleware has been left.
        log_lines.begin(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


@receiver(request_finished)
def request_is_over(**_: object) -> None:
    """Clear the log fields of this request."""
    log_lines.end()


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses HTML; files are sent as they are, as images and exports are small or already compressed.
    Django adds a random length to each response and masks its tokens, against guessing by size (BREACH)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response, compressed if it is HTML and the browser accepts it."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class DatabaseDownMiddleware:
    """Answers 503 with Retry-After, without a traceback, while the database is unreachable.
    Errors outside of views, as in the lookup of sessions and users, go to `handler500`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Handles lost connections and database refusals; other errors pass."""
        if isinstance(exception, (OperationalError, InterfaceError)):
            return database_away(request, exception)
        if isinstance(exception, DATABASE_REFUSALS):
            status, _, detail = refusal_of(exception, request)
            return HttpResponse(render_to_string("refused.html", {"detail": detail}), status=status)
        return None


class RefusalMiddleware:
    """Answers 429 with Retry-After for too many attempts, 409 for conflicts, and 400 for broken uploads; the API has
    its own responses."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Handles these three; other errors pass."""
        if isinstance(exception, UnreadablePostError):  # the client is gone, or the front has already answered
            return HttpResponse(status=400)
        if isinstance(exception, Stale):
            return stale_page(request, exception)
        if not isinstance(exception, TooManyAttempts):
            return None
        headers = {"Retry-After": str(exception.retry_after)}
        return HttpResponse(
            render_to_string("429.html", {"explanation": exception.message}, request), status=429, headers=headers
        )
