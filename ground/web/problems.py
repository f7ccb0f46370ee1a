"""API errors in one format (RFC 9457): `{type, title, status, code, detail, field}`, with a stable code."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ground.errors import Conflict, CountersignError, InvalidValue, Stale, StorageFailed, TooManyAttempts
from ground.web.refusals import DATABASE_REFUSALS, refusal_of

_TITLES = {
    400: "Bad request",
    401: "Authentication required",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid value",
    429: "Too many requests",
    507: "Insufficient storage",
}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an error; None for an unforeseen one (it becomes a 500 and is logged)."""
    if isinstance(error, CountersignError):
        return _own(error)
    if isinstance(error, DATABASE_REFUSALS):
        return _problem(*refusal_of(error, context.get("request")))
    if isinstance(error, Http404):
        # The same for missing objects and for those the caller may not see, so that ids reveal nothing.
        return _problem(404, "not_found", "Not found, or you are not a member of the dataset.")
    if isinstance(error, PermissionDenied):
        return _problem(403, "forbidden", str(error) or "Your role does not allow this.")
    if isinstance(error, exceptions.ValidationError):
        field, message = _first(error.detail)
        return _problem(400, "invalid_input", message, field)
    if isinstance(error, exceptions.APIException):
        response = _problem(error.status_code, str(error.get_codes()), str(error.detail))
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait))
        return response
    return None


def _own(error: CountersignError) -> Response:
    """For Countersign's own errors."""
    response = _problem(_status_of(error), error.code, error.message, error.field)
    if isinstance(error, TooManyAttempts):
        response["Retry-After"] = str(error.retry_after)
    if isinstance(error, Stale):
        response.data |= {"sent": error.sent, "stored": error.stored}
        response["ETag"] = f'"{error.stamp}"'
    return response


def _status_of(error: CountersignError) -> int:
    if error.code == "too_large":
        return status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    if error.code == "not_found":
        return status.HTTP_404_NOT_FOUND
    if isinstance(error, TooManyAttempts):
        return status.HTTP_429_TOO_MANY_REQUESTS
    if isinstance(error, StorageFailed):
        return status.HTTP_507_INSUFFICIENT_STORAGE
    if isinstance(error, InvalidValue):
        return status.HTTP_422_UNPROCESSABLE_ENTITY
    return status.HTTP_409_CONFLICT if isinstance(error, Conflict) else status.HTTP_400_BAD_REQUEST


def _first(detail: Any, path: str = "") -> tuple[str, str]:
    """Path and text of the first message in nested serializer errors."""
    if isinstance(detail, dict):
        key, value = next(iter(detail.items()))
        name = "" if key == "non_field_errors" else str(key)
        return _first(value, f"{path}.{name}".strip("."))
    if isinstance(detail, list):
        return _first(next((part for part in detail if part), "Not valid."), path)
    return path, str(detail)


def _problem(code: int, name: str, detail: str, field: str = "") -> Response:
    set_rollback()
    body = {
        "type": "about:blank",
        "title": _TITLES.get(code, "Error"),
        "status": code,
        "code": name,
        "detail": detail,
        "field": field,
    }
    return Response(body, status=code, content_type="application/problem+json")
