"""Reading values from requests."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails


def asked(values: QueryDict, name: str) -> str:
    """A query parameter, empty if missing. Without NUL, which the database does not accept."""
    return values.get(name, "").replace("\x00", "")


def number_in(text: str) -> int | None:
    """An integer from a URL or a form; None for anything else. ASCII digits only: `isdecimal` accepts those of every
    script, and an id must have one spelling."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def address_of(request: HttpRequest) -> str:
    """The client's address; empty if unknown.
    Behind a proxy it is the last hop that the proxy names: the ones before it come from the client."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    try:
        return str(ipaddress.ip_address(told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return ""


def page_context(request: HttpRequest) -> dict[str, object]:
    """Context for the base template."""
    return {"wants_fragment": wants_fragment(request)}


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a fragment: not for boosted links or restored history."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx is None or not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request
