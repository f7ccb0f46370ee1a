"""Error pages: they say what happened and what to do next, and never show a traceback."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was sent without its token: most often a page left open over a sign-out."""
    return render(
        request, "403.html", {"explanation": "The form had expired. Go back, reload and send it again."}, status=403
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", {"explanation": str(exception)[:300]}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also the answer for objects of datasets that the user does not belong to."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without context processors, for they may be what failed."""
    return render(request, "500.html", status=500)
