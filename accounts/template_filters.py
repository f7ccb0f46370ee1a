"""Template filters for the audit log."""

from typing import Any

from django import template

from accounts import audit_log

register = template.Library()


@register.filter
def in_words(details: dict[str, Any]) -> list[str]:
    """The details of an audit event, one per line."""
    return audit_log.in_words(details)


@register.filter
def value_in_words(value: Any) -> str:
    """A stored value for display."""
    return audit_log.value_in_words(value)
