"""Answers that any page may give: the database is away, somebody else was faster."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from psycopg.errors import LockNotAvailable, QueryCanceled

from ground.errors import Stale


def stale_page(request: HttpRequest, error: Stale) -> HttpResponse:
    """409 with both states, where no form is there to be shown again."""
    return render(request, "409.html", {"stale": compared(error)}, status=409)


def compared(error: Stale) -> dict[str, object]:
    """For the template: what was wrong, and each field with what was sent and what is stored."""
    rows = [(name, value, error.stored.get(name)) for name, value in error.sent.items()]
    return {"message": error.message, "rows": [(n, sent, there) for n, sent, there in rows if sent != there]}


def is_busy(error: BaseException | None) -> bool:
    """Whether the database answered, and ended a statement that had waited or worked for too long."""
    return isinstance(getattr(error, "__cause__", None), (LockNotAvailable, QueryCanceled))


def database_away(request: HttpRequest, error: BaseException | None = None) -> HttpResponse:
    """503 with Retry-After: a page for people, a problem (RFC 9457) for programs."""
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
