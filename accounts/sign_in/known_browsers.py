"""Known browsers of a user, recognised by an encrypted cookie, not by the user agent."""

import time

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.models import User
from ground.web.sealed_cookies import SealedCookie

KNOWN_SECONDS = 90 * 86_400
_COOKIE = SealedCookie("known_browser", KNOWN_SECONDS)
# Users who share a browser.
_MOST_PEOPLE = 5


def note(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Remember this browser for the user."""
    others = [(key, one) for key, one in _COOKIE.read(request).items() if key != str(user.pk)]
    people = [*others, (str(user.pk), {"at": time.time(), "mark": _mark(user)})]
    _COOKIE.write(response, dict(people[-_MOST_PEOPLE:]))


def is_known(request: HttpRequest, user: User) -> bool:
    """Whether the user signed in with this browser in the last 90 days and has since changed neither password nor
    second factors: after such a change a notice is wanted again."""
    one = _COOKIE.read(request).get(str(user.pk), {})
    return bool(one) and one["mark"] == _mark(user) and time.time() - one["at"] < KNOWN_SECONDS


def _mark(user: User) -> str:
    return salted_hmac(_COOKIE.name, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:16]
