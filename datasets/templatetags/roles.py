"""Permissions of the current user for templates, so that pages offer only what is allowed."""

from typing import Any

from django import template

from accounts.models import Role, User
from datasets.access import opens
from datasets.models import Dataset

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: Any, role: str, dataset: Dataset, ends: bool = False) -> bool:
    """`{% may "manager" dataset as may_manage %}`: whether the user has that role there; in an archived dataset only
    for actions that stop something (`ends`)."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return isinstance(user, User) and opens(user, dataset, Role(role), ends=ends)
