"""Finished jobs of the current user, polled by every page."""

from dataclasses import asdict
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.requests import user_of
from operating.job_notices import notices_for


@never_cache
@require_GET
def job_notices(request: HttpRequest) -> HttpResponse:
    """JSON: `now`, `going`, `ended`. `since`: the `now` of an earlier response."""
    return JsonResponse(asdict(notices_for(user_of(request), _time(request.GET.get("since", "")))))


def _time(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
