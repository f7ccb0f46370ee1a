"""What is read of a request, whoever sends it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails


def asked(values: QueryDict, name: str) -> str:
    """A value of the address, empty if there is none. Without NUL: the database takes it in no text."""
    return values.get(name, "").replace("\x00", "")


def number_in(text: str) -> int | None:
    """The whole number that stands in an address or a form; None for anything else. ASCII digits alone: `isdecimal`
    takes those of every script, and an id has one spelling."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; empty if that is not told.

    Behind a proxy it is the last hop that the proxy names: what stands before it is what the client claims.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    try:
        return str(ipaddress.ip_address(told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return ""


def page_context(request: HttpRequest) -> dict[str, object]:
    """What the base template needs on every page."""
    return {"wants_fragment": wants_fragment(request)}


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part of the page: not for boosted links and not for restored history."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx is None or not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request
