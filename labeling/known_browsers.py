"""By which browsers somebody has come in before: told by a sealed cookie, not by what a browser says that it is."""

import json
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from ground.errors import PermanentLabelerError
from labeling.models import User
from labeling.secret_box import open_sealed, seal

KNOWN_SECONDS = 90 * 86_400
_COOKIE = "known_browser"
# People who share a browser.
_MOST_PEOPLE = 5


def note(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """From now on this browser is known as one of the user's."""
    people = [*((key, one) for key, one in _people(request).items() if key != str(user.pk))]
    people = [*people, (str(user.pk), {"at": time.time(), "mark": _mark(user)})][-_MOST_PEOPLE:]
    response.set_cookie(
        _COOKIE,
        seal(json.dumps({"purpose": _COOKIE, "people": dict(people)}, separators=(",", ":"))).decode(),
        max_age=KNOWN_SECONDS,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether the user came in by this browser in the last 90 days, and has changed neither password nor second factor
    since: whoever does so because of somebody else wants to be told of that one again."""
    one = _people(request).get(str(user.pk), {})
    return bool(one) and one["mark"] == _mark(user) and time.time() - one["at"] < KNOWN_SECONDS


def _people(request: HttpRequest) -> dict[str, Any]:
    try:
        told: Any = json.loads(open_sealed(request.COOKIES.get(_COOKIE, "").encode()))
    except (PermanentLabelerError, ValueError):
        return {}
    if not isinstance(told, dict) or told.get("purpose") != _COOKIE:
        return {}
    people: dict[str, Any] = told["people"]
    return people


def _mark(user: User) -> str:
    return salted_hmac(_COOKIE, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:16]
