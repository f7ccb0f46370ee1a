"""How the audit log is told on pages."""

from typing import Any

from django import template

from accounts import audit_log

register = template.Library()


@register.filter
def in_words(details: dict[str, Any]) -> list[str]:
    """The details of an event of the audit log, a line each."""
    return audit_log.in_words(details)


@register.filter
def value_in_words(value: Any) -> str:
    """A stored value as people read it."""
    return audit_log.value_in_words(value)
