"""Policies, changed as somebody on the policy page would."""

from dataclasses import replace
from typing import Any

from accounts.models import User
from datasets.models import Dataset, Policy
from labeling.policies.changing import set_policy


def change_policy(*, dataset: Dataset, actor: User, note: str = "", seen: str = "", **changes: Any) -> Policy:
    """A new version that differs in these fields of the rule."""
    return set_policy(dataset=dataset, actor=actor, change=lambda rule: replace(rule, **changes), note=note, seen=seen)
