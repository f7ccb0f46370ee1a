"""Error pages: what happened and what to do next; never a traceback."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ground.web.answers import database_away

_CODES = {400: "bad_request", 404: "not_found", 413: "too_large", 500: "server_error"}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid CSRF token: usually a page left open over a sign-out."""
    return render(
        request, "403.html", {"explanation": "The form has expired. Go back, reload and submit it again."}, status=403
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for a form above the size limit."""
    if isinstance(exception, (RequestDataTooBig, TooManyFilesSent)):
        return _answer(request, 413, "Upload too large.")
    return _answer(request, 400, "The request is malformed.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", {"explanation": str(exception)[:300]}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for objects of datasets that the user is not a member of."""
    return _answer(request, 404, "Nothing was found at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without context processors, which may be the cause; 503 while the database is unavailable."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return database_away(request, sys.exc_info()[1])
    return _answer(request, 500, "Internal error. The details are in the server's log.")


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """An HTML page, or a problem document (RFC 9457) for the API."""
    if not request.path.startswith("/api/"):
        return render(request, f"{status}.html", status=status)
    body = {
        "type": "about:blank",
        "title": detail,
        "status": status,
        "code": _CODES[status],
        "detail": detail,
        "field": "",
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
