"""Whether a request has a session or a token, decided before its body is read."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied as Denied
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, connection
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from accounts.api.authentication import TokenAuthentication
from accounts.sign_in.session_store import SessionStore


def is_known(environ: dict[str, Any]) -> bool:
    """Checks the headers alone. True if the database is unavailable: the view then reports that."""
    request = WSGIRequest(environ)
    try:
        if TokenAuthentication().authenticate(Request(request)) is not None:
            return True
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        return get_user(request).is_authenticated
    except (APIException, Denied):
        return False
    except Error:
        connection.close_if_unusable_or_obsolete()
        return True
