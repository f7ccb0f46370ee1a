"""Template tags and filters of the pages."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def percent(share: float | None, digits: int = 0) -> str:
    """A share as a percentage; a dash for none. Never rounds up to 100 % what is less."""
    if share is None:
        return "–"
    if share < 1 and round(share * 100, digits) >= 100:
        step = 10**-digits
        return f"{100 - step:.{digits}f} %"
    return f"{share * 100:.{digits}f} %"


@register.filter
def figure(shown: Any) -> SafeString:
    """A share with its interval and n (`review.estimation.Figure`); a dash when there is too little to say anything.

    A filter and no template: a table of a hundred classes shows three hundred of them.
    """
    if shown.value is None:
        return SafeString('<span class="mute">–</span>')
    return format_html(
        '<span class="nowrap">{}</span> <span class="mute small nowrap">{} to {}, n {}</span>',
        percent(shown.value, 1),
        percent(shown.low, 1),
        percent(shown.high, 1),
        intcomma(shown.n),
    )


@register.filter
def words(name: str) -> str:
    """A word of the code as people write it: `unknown_label` is an unknown label."""
    return name.replace("_", " ")


@register.filter
def micros(value: int | None) -> str:
    """Millionths of a currency unit as a plain amount."""
    return "–" if not value else f"{value / 1_000_000:.4f}".rstrip("0").rstrip(".")


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in words that one reads at a glance."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"
