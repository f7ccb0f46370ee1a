"""A dataset's policy: read as the rules see it, and changed, which is a new version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.locking import lock_dataset
from datasets.models import Dataset, Policy
from datasets.policies import POLICY_FIELDS, current_policy, policy_state
from ground.changing import changes, check_seen
from ground.errors import InvalidInput
from labeling.models import Reroute
from labeling.policies.routing import Thresholds
from work.jobs import offer


def thresholds_of(policy: Policy) -> Thresholds:
    """The policy as the routing rule sees it."""
    return Thresholds(
        version=policy.version,
        threshold=policy.threshold,
        classes=policy.class_thresholds,
        labelers={int(key): value for key, value in policy.labeler_thresholds.items()},
        audit_rate=policy.audit_rate,
        blind_rate=policy.blind_rate,
        accept_uncalibrated=policy.accept_uncalibrated,
    )


def check_policy(
    dataset: Dataset,
    *,
    threshold: float,
    class_thresholds: Mapping[str, float],
    audit_rate: float,
    blind_rate: float,
    labeler_thresholds: Mapping[int, float] | Mapping[str, float] | None = None,
    probe_rate: float | None = None,
) -> None:
    """Raises InvalidInput unless every number lies in 0 to 1, and every class and labeler exists."""
    numbers: dict[str, object] = {"threshold": threshold, "audit_rate": audit_rate, "blind_rate": blind_rate}
    if probe_rate is not None:
        numbers["probe_rate"] = probe_rate
    names = set(dataset.label_classes.values_list("name", flat=True))
    for name, own in class_thresholds.items():
        if name not in names:
            raise InvalidInput(f"The dataset has no class {name!r}.", field="class_thresholds")
        numbers[f"class_thresholds.{name}"] = own
    if labeler_thresholds:
        known = {str(pk) for pk in dataset.labelers.values_list("pk", flat=True)}
        for labeler, own in labeler_thresholds.items():
            if str(labeler) not in known:
                raise InvalidInput(f"The dataset has no labeler {labeler!r}.", field="labeler_thresholds")
            numbers[f"labeler_thresholds.{labeler}"] = own
    for field, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise InvalidInput(f"{field} must be a number from 0 to 1, not {value!r}.", field=field)


def set_policy(  # noqa: PLR0913 - a rule has that many numbers
    *,
    dataset: Dataset,
    actor: User,
    threshold: float | None = None,
    class_thresholds: Mapping[str, float] | None = None,
    audit_rate: float | None = None,
    blind_rate: float | None = None,
    labeler_thresholds: Mapping[int, float] | Mapping[str, float] | None = None,
    probe_rate: float | None = None,
    accept_uncalibrated: bool | None = None,
    own_thresholds: Mapping[int, float | None] | None = None,
    note: str = "",
    seen: str = "",
) -> Policy:
    """A new version of the policy, and a re-routing of what is labelled already. Raises InvalidInput, Stale.

    None keeps what the current version says. `own_thresholds` changes those of the labelers that it names alone, None
    takes one away. The re-routing is a leased row that workers carry out in chunks; no model runs again.
    """
    given = {
        "threshold": threshold,
        "class_thresholds": class_thresholds,
        "labeler_thresholds": labeler_thresholds,
        "audit_rate": audit_rate,
        "blind_rate": blind_rate,
        "probe_rate": probe_rate,
        "accept_uncalibrated": accept_uncalibrated,
    }
    sent: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    with transaction.atomic():
        # Waits for transactions that are routing under the present version (they hold it FOR SHARE).
        lock_dataset(dataset)
        before = current_policy(dataset)
        check_seen(seen, policy_state(before), sent)
        rule = {name: getattr(before, name) for name in POLICY_FIELDS} | sent
        rule["class_thresholds"] = dict(rule["class_thresholds"])
        own = {str(key): value for key, value in rule["labeler_thresholds"].items()}
        own |= {str(key): value for key, value in (own_thresholds or {}).items()}
        rule["labeler_thresholds"] = {key: value for key, value in own.items() if value is not None}
        check_policy(dataset, **{name: value for name, value in rule.items() if name != "accept_uncalibrated"})
        policy = Policy.objects.create(dataset=dataset, version=before.version + 1, note=note, created_by=actor, **rule)
        offer(Reroute(dataset=dataset, policy=policy))
        _record_policy(policy, before, actor)
    return policy


def _record_policy(policy: Policy, before: Policy, actor: User) -> None:
    """Both rules, so that the log says what was changed without the tables beside it: labelers by their names."""
    names = dict(policy.dataset.labelers.values_list("pk", "name"))
    states = [policy_state(before), policy_state(policy)]
    for state in states:
        own = state["labeler_thresholds"]
        state["labeler_thresholds"] = {names.get(int(key), key): value for key, value in own.items()}
    audit_log.record(
        actor=actor,
        action=AuditAction.POLICY_CHANGED,
        dataset_id=policy.dataset_id,
        target=f"version {policy.version}",
        details=changes(*states),
    )
