"""Line breaks in long names."""

import re

from django import template

register = template.Library()

_JOINTS = re.compile(r"(?<=[_/.:])(?=[^\W_])|(?<=[a-z\d])(?=[A-Z])")


@register.inclusion_tag("_name.html")
def name(text: object) -> dict[str, list[str]]:
    """The name with a break opportunity after each underscore and before each capital in camel case."""
    return {"parts": _JOINTS.split(str(text))}
