"""What the person who looks at a page may do, for templates: a page offers nothing that its door would refuse."""

from typing import Any

from django import template

from accounts.models import Role, User
from datasets.access import opens
from datasets.models import Dataset

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: Any, role: str, dataset: Dataset, ends: bool = False) -> bool:
    """`{% may "manager" dataset as may_manage %}`: whether whoever is signed in may act with that role there now: in an
    archived dataset nothing is changed, unless it `ends` what is under way."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return isinstance(user, User) and opens(user, dataset, Role(role), ends=ends)
