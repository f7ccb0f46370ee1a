"""A dataset's settings: changing, archiving, restoring."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.locking import lock_dataset
from datasets.models import Dataset
from datasets.task_settings import changed_task_settings
from ground.changing import changes, check_seen, cleaned, write

# The number of reviews is changed in `reviews`, as it moves items.
FIELDS = ("name", "guidelines", "task_settings")
# What archiving stops: other apps register here (labeling.apps).
STOPS: list[Callable[[Dataset], None]] = []


def settings_state(dataset: Dataset) -> dict[str, Any]:
    """The editable settings."""
    return {name: getattr(dataset, name) for name in FIELDS}


@transaction.atomic
def change_settings(*, dataset: Dataset, actor: User, seen: str = "", **sent: Any) -> Dataset:
    """Save the sent settings and task settings. Raises Stale, InvalidInput."""
    row = lock_dataset(dataset)
    before = settings_state(row)
    check_seen(seen, before, sent)
    if "name" in sent:
        sent["name"] = sent["name"].strip()
    if "task_settings" in sent:
        sent["task_settings"] = changed_task_settings(row, sent["task_settings"])
    names = write(row, cleaned(row, {name: sent[name] for name in FIELDS if name in sent}))
    if names:
        audit_log.record(
            actor=actor,
            action=AuditAction.SETTINGS_CHANGED,
            dataset_id=row.pk,
            target=row.name,
            details=changes(_one_by_one(before), _one_by_one(settings_state(row))),
        )
    return row


def _one_by_one(state: dict[str, Any]) -> dict[str, Any]:
    """The state with each task setting listed separately."""
    return {name: value for name, value in state.items() if name != "task_settings"} | dict(state["task_settings"])


@transaction.atomic
def archive_dataset(*, dataset: Dataset, actor: User) -> None:
    """Archive the dataset: it becomes read-only and can be restored; nothing is deleted. What costs stops: runs are
    paused, trials and trainings fail and can be retried."""
    # Before the dataset is locked: planning a run locks both in this order. Work that starts at this very moment is
    # not picked up (turns).
    for stop in STOPS:
        stop(dataset)
    row = lock_dataset(dataset)
    if row.archived_at is None:
        write(row, {"archived_at": timezone.now()})
        audit_log.record(actor=actor, action=AuditAction.DATASET_ARCHIVED, dataset_id=row.pk, target=row.name)


@transaction.atomic
def restore_dataset(*, dataset: Dataset, actor: User) -> None:
    """Restore an archived dataset."""
    row = lock_dataset(dataset)
    if row.archived_at is not None:
        write(row, {"archived_at": None})
        audit_log.record(actor=actor, action=AuditAction.DATASET_RESTORED, dataset_id=row.pk, target=row.name)
