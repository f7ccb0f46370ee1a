"""Changing a dataset's policy, which creates a new version."""

from collections.abc import Callable

from django.db import transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.locking import lock_dataset
from datasets.models import Dataset, Policy
from datasets.policies import current_policy, policy_state
from datasets.rule import Rule
from ground.changing import changes, check_seen
from ground.errors import InvalidInput
from labeling.models import Reroute
from work.jobs import offer


def check_rule(dataset: Dataset, rule: Rule) -> None:
    """Raises InvalidInput unless every number is from 0 to 1 and every class and labeler exists."""
    names = set(dataset.label_classes.values_list("name", flat=True))
    for name in rule.class_thresholds:
        if name not in names:
            raise InvalidInput(f"The dataset has no class {name!r}.", field="class_thresholds")
    known = set(dataset.labelers.values_list("pk", flat=True)) if rule.labeler_thresholds else set()
    for labeler in rule.labeler_thresholds:
        if labeler not in known:
            raise InvalidInput(f"The dataset has no labeler {labeler!r}.", field="labeler_thresholds")
    rule.check()


def set_policy(
    *, dataset: Dataset, actor: User, change: Callable[[Rule], Rule], note: str = "", seen: str = ""
) -> Policy:
    """Create a new policy version and re-route existing predictions. Raises InvalidInput, Stale.
    `change` derives the new rule from the current one, which is locked. The re-routing is a leased row that workers
    process in chunks; no model runs."""
    with transaction.atomic():
        # Waits for transactions that route under the current version (they hold it FOR SHARE).
        lock_dataset(dataset)
        before = current_policy(dataset)
        was = Rule.from_row(before)
        rule = change(was)
        sent = {name: value for name, value in rule.as_row().items() if value != was.as_row()[name]}
        check_seen(seen, policy_state(before), sent)
        check_rule(dataset, rule)
        policy = Policy.objects.create(
            dataset=dataset, version=before.version + 1, note=note, created_by=actor, **rule.as_row()
        )
        offer(Reroute(dataset=dataset, policy=policy))
        _record_policy(policy, before, actor)
    return policy


def _record_policy(policy: Policy, before: Policy, actor: User) -> None:
    """Both rules for the audit log, readable without other tables: labelers by name."""
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
