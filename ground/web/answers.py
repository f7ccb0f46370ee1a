"""Responses that any page may give: database unavailable, conflict."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from psycopg.errors import LockNotAvailable, QueryCanceled

from ground.errors import Stale


def stale_page(request: HttpRequest, error: Stale) -> HttpResponse:
    """409 with both states, for requests without a form to show again."""
    return render(request, "409.html", {"stale": compared(error)}, status=409)


def compared(error: Stale) -> dict[str, object]:
    """Template context: the error, and each field with the sent and the current value."""
    rows = [(name, value, error.stored.get(name)) for name, value in error.sent.items()]
    return {"message": error.message, "rows": [(n, sent, there) for n, sent, there in rows if sent != there]}


def is_busy(error: BaseException | None) -> bool:
    """Whether the database is up and ended a statement that had waited or run for too long."""
    return isinstance(getattr(error, "__cause__", None), (LockNotAvailable, QueryCanceled))


def database_away(request: HttpRequest, error: BaseException | None = None) -> HttpResponse:
    """503 with Retry-After: an HTML page, or a problem document (RFC 9457) for the API."""
    code, title, detail = "database_away", "Database unavailable", "The database is unavailable; try again in a moment."
    if is_busy(error):
        code, title, detail = (
            "busy",
            "Busy",
            "Someone else is changing the same thing; try again in a moment.",
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
