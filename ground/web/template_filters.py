"""Template filters."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

register = template.Library()


@register.filter
def percent(share: float | None, digits: int = 0) -> str:
    """A share as a percentage; a dash for None. Never rounds up to 100%."""
    if share is None:
        return "–"
    if share < 1 and round(share * 100, digits) >= 100:
        step = 10**-digits
        return f"{100 - step:.{digits}f}%"
    return f"{share * 100:.{digits}f}%"


@register.filter
def figure(shown: Any) -> str:
    """The share of a figure (`measuring.estimation.Figure`); nothing if there is too little data: `interval` states
    that."""
    return "" if shown.value is None else percent(shown.value, 1)


@register.filter
def interval(shown: Any, lacking: str = "") -> str:
    """The interval and n of a figure (`measuring.estimation.Figure`), or that there is too little data.
    `lacking`: which parts lack checks."""
    if shown.value is None:
        return f"too few checks {lacking}" if lacking else f"too few ({intcomma(shown.n)})"
    if shown.low == shown.high:
        # A complete count has no sampling error, so no interval.
        return f"all checked, n {intcomma(shown.n)}"
    return f"{percent(shown.low, 1)} to {percent(shown.high, 1)}, n {intcomma(shown.n)}"


@register.filter
def words(name: str) -> str:
    """A code word for display: `unknown_label` becomes "unknown label"."""
    return name.replace("_", " ")


@register.filter
def micros(value: int | None) -> str:
    """Millionths of a currency unit as a plain amount."""
    return "–" if not value else f"{value / 1_000_000:.4f}".rstrip("0").rstrip(".")


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as a short duration."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"
