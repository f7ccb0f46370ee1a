"""Long names that may break at their own joints."""

import re

from django import template

register = template.Library()

_JOINTS = re.compile(r"(?<=[_/.:])(?=[^\W_])|(?<=[a-z\d])(?=[A-Z])")


@register.inclusion_tag("_name.html")
def name(text: object) -> dict[str, list[str]]:
    """The name, with a place for a line break after each underscore and before each capital of camel case."""
    return {"parts": _JOINTS.split(str(text))}
