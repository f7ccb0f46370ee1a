"""The classes of a dataset: added, changed, deactivated and back, one change after the other."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.class_state import FIELDS, class_state
from datasets.locking import lock_dataset
from datasets.making import NewClass, add_classes
from datasets.merging import follow
from datasets.models import Dataset, LabelClass
from ground.changing import changes, check_seen, cleaned, locked, write
from ground.composing import composed
from ground.errors import Conflict


@transaction.atomic
def add_class(*, dataset: Dataset, actor: User, new: NewClass) -> LabelClass:
    """Add one class after the present ones. Raises InvalidInput, for a name that is taken too."""
    lock_dataset(dataset)
    (row,) = add_classes(dataset=dataset, classes=[new])
    details = {name: value for name, value in class_state(row).items() if value and name != "position"}
    if row.parent:
        details["parent"] = row.parent.name
    audit_log.record(
        actor=actor, action=AuditAction.CLASS_ADDED, dataset_id=dataset.pk, target=row.name, details=details
    )
    return row


@transaction.atomic
def change_class(*, label_class: LabelClass, actor: User, seen: str = "", **sent: Any) -> LabelClass:
    """Write what was sent. Raises Stale, InvalidInput, Conflict for a key that another class has."""
    lock_dataset(label_class.dataset)
    row = locked(label_class)
    before = class_state(row)
    check_seen(seen, before, sent)
    if "title" in sent:
        sent["title"] = composed(sent["title"]).strip()
    if "aliases" in sent:
        sent["aliases"] = [composed(alias).strip() for alias in sent["aliases"]]
    wanted = cleaned(row, {name: sent[name] for name in FIELDS if name in sent})
    try:
        with transaction.atomic():
            names = write(row, wanted)
    except IntegrityError:
        raise Conflict(f"Another class has the key {sent.get('key')}; choose another digit.") from None
    if names:
        details = changes(before, class_state(row))
        audit_log.record(
            actor=actor, action=AuditAction.CLASS_CHANGED, dataset_id=row.dataset_id, target=row.name, details=details
        )
    return row


def retire_class(*, label_class: LabelClass, actor: User, seen: str = "") -> LabelClass:
    """Take the class out of use: it stays in history and counts, and can be given no more. Raises Stale."""
    return _use(label_class, actor, retired=True, seen=seen)


def restore_class(*, label_class: LabelClass, actor: User, seen: str = "") -> LabelClass:
    """Bring a class back into use, without a key of its own. One that was merged speaks for itself again: what named it
    before counts as it once more. Raises Stale."""
    return _use(label_class, actor, retired=False, seen=seen)


@transaction.atomic
def _use(label_class: LabelClass, actor: User, *, retired: bool, seen: str) -> LabelClass:
    dataset = lock_dataset(label_class.dataset)
    row = locked(label_class)
    before = class_state(row)
    check_seen(seen, before, {"retired": retired})
    if retired == before["retired"]:
        return row
    write(row, {"retired_at": timezone.now(), "key": ""} if retired else {"retired_at": None, "merged_into": None})
    if before["merged_into"] is not None:
        follow(dataset=dataset, label_class=row, actor=actor)
    audit_log.record(
        actor=actor,
        action=AuditAction.CLASS_RETIRED if retired else AuditAction.CLASS_RESTORED,
        dataset_id=row.dataset_id,
        target=row.name,
        details=changes(before, class_state(row)),
    )
    return row
