"""A dataset's policy as it stands."""

from typing import Any

from datasets.models import Dataset, Policy
from ground.errors import InvalidInput
from ground.sql.compiled import Compiled

POLICY_FIELDS = (
    "threshold",
    "class_thresholds",
    "labeler_thresholds",
    "audit_rate",
    "blind_rate",
    "probe_rate",
    "accept_uncalibrated",
)


_NEWEST_POLICY = Compiled(lambda dataset: Policy.objects.filter(dataset=dataset).order_by("-version")[:1], dataset=-1)


def current_policy(dataset: Dataset) -> Policy:
    """The newest version; every dataset has at least one."""
    policy = _NEWEST_POLICY.first(dataset=dataset.pk)
    if policy is None:
        raise InvalidInput("The dataset has no policy.", field="policy")
    return policy


def policy_state(policy: Policy) -> dict[str, Any]:
    """The rule as it stands; each version has a stamp of its own."""
    return {name: getattr(policy, name) for name in POLICY_FIELDS} | {"_version": policy.version}
