"""What every page asks: which of one's own jobs are over."""

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
    """JSON: `now`, `going`, `ended`. `since`: what an earlier answer gave as `now`."""
    return JsonResponse(asdict(notices_for(user_of(request), _time(request.GET.get("since", "")))))


def _time(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
