"""A dataset's current policy."""

from typing import Any

from datasets.models import Dataset, Policy
from datasets.rule import Rule
from ground.errors import InvalidInput
from ground.sql.compiled import Compiled

_NEWEST_POLICY = Compiled(lambda dataset: Policy.objects.filter(dataset=dataset).order_by("-version")[:1], dataset=-1)


def current_policy(dataset: Dataset) -> Policy:
    """The newest version; every dataset has at least one."""
    policy = _NEWEST_POLICY.first(dataset=dataset.pk)
    if policy is None:
        raise InvalidInput("The dataset has no policy.", field="policy")
    return policy


def policy_state(policy: Policy) -> dict[str, Any]:
    """The state of the current policy; each version has its own stamp."""
    return Rule.from_row(policy).as_row() | {"_version": policy.version}
