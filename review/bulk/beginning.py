"""Starting bulk actions: preview, creation of the job, undo."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.item_lists import Total, total_of
from datasets.making import label_task
from datasets.models import Dataset, Item, Split
from datasets.selecting import Selection
from ground.errors import Conflict, InvalidInput
from kinds import NOWHERE, TASK_KINDS
from kinds.named import labels_of, named
from review.bulk.applying import beside_of
from review.bulk.judging import Wanted, reason_to_leave, wanted_of
from review.models import BulkAction, BulkKind
from work import jobs
from work.models import State

# Items that a preview evaluates; for more it extrapolates.
LOOKED_AT = 1_000
MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """Preview of an action. For a selection larger than `looked`, the counts are those of its first items."""

    total: Total
    looked: int
    changes: int
    left: dict[str, int] = field(default_factory=dict)
    # Current state -> number of items that would change.
    now: dict[str, int] = field(default_factory=dict)

    @property
    def now_cut(self) -> bool:
        """Whether there are more states than listed."""
        return sum(self.now.values()) < self.changes

    @property
    def whole(self) -> bool:
        """Whether every item was evaluated."""
        return self.looked >= self.total.n


def given_for(dataset: Dataset, kind: str, raw: Mapping[str, Any], *, looking: bool = False) -> dict[str, Any]:
    """The action's validated parameters in stored form; `looking`: for a preview, which creates no split. Raises
    InvalidInput, InvalidValue."""
    given: dict[str, Any] = {}
    if reason := str(raw.get("reason") or "").replace("\x00", "").strip():
        given["reason"] = reason[:1_000]
    if kind == BulkKind.LABEL:
        task_kind = TASK_KINDS[dataset.task_kind]
        if named(task_kind) is None:
            raise InvalidInput("Labels of this kind cannot be set in bulk.", field="kind")
        value = task_kind.parse(raw.get("value"), label_task(dataset), NOWHERE).value
        given |= {"value": value, "labels": labels_of(task_kind, value)}
    if kind == BulkKind.SPLIT:
        given["split"] = _split(dataset, str(raw.get("split") or "").replace("\x00", "").strip(), make=not looking)
    return given


def _split(dataset: Dataset, name: str, *, make: bool) -> int | None:
    """None: no split; 0: one that does not exist yet."""
    if not name:
        return None
    if len(name) > 50 or not name.isprintable():
        raise InvalidInput("A split's name must have 1 to 50 printable characters.", field="split")
    if make:
        return Split.objects.get_or_create(dataset=dataset, name=name)[0].pk
    return dataset.splits.filter(name=name).values_list("pk", flat=True).first() or 0


def preview(*, dataset: Dataset, selection: Selection, kind: str, given: Mapping[str, Any]) -> Preview:
    """What the action would change."""
    wanted = wanted_of(_checked(kind), given)
    ids = selection.ids_after(dataset, 0, LOOKED_AT)
    columns = ("status", "sampled", "split", "human_labels", "auto_labels", "reviews_asked", "human_value")
    items = Item.objects.filter(pk__in=ids).select_related("split").only(*columns, "split__name").order_by("pk")
    beside = beside_of(wanted, ids)
    left, now = Counter[str](), Counter[str]()
    for item in items:
        if reason := reason_to_leave(item, wanted, beside):
            left[reason] += 1
        else:
            now[_now(item, wanted)] += 1
    total = Total(len(ids)) if len(ids) < LOOKED_AT or not selection.is_all else _total(dataset, selection)
    return Preview(total, len(ids), now.total(), dict(left.most_common()), dict(now.most_common(MOST_ROWS)))


def preview_run(*, dataset: Dataset, selection: Selection) -> Preview:
    """What a labeler would predict again: all of the items, by where they are now."""
    ids = selection.ids_after(dataset, 0, LOOKED_AT)
    now = Counter(item.get_status_display() for item in Item.objects.filter(pk__in=ids).only("status"))
    total = Total(len(ids)) if len(ids) < LOOKED_AT or not selection.is_all else _total(dataset, selection)
    return Preview(total, len(ids), now.total(), {}, dict(now.most_common(MOST_ROWS)))


def _total(dataset: Dataset, selection: Selection) -> Total:
    return total_of(dataset, selection.filter_of(dataset), selection.rows(dataset))


def _now(item: Item, wanted: Wanted) -> str:
    """The part of the item that the action changes, in a few words."""
    if wanted.kind == BulkKind.SPLIT:
        return str(item.split) if item.split else "no split"
    if wanted.kind == BulkKind.LABEL:
        if item.human_value is not None:
            return f"{', '.join(item.human_labels or ()) or 'none of the classes'} (human)"
        if item.auto_labels is not None:
            return f"{', '.join(item.auto_labels) or 'none of the classes'} (predicted)"
        return "no label"
    return item.get_status_display()


def begin(*, dataset: Dataset, actor: User, selection: Selection, kind: str, given: Mapping[str, Any]) -> BulkAction:
    """Create the action for a worker to run. Raises InvalidInput."""
    with transaction.atomic():
        total = Total(len(selection.ids)) if not selection.is_all else _total(dataset, selection)
        action = BulkAction(
            dataset=dataset,
            kind=_checked(kind),
            selection=selection.stored(),
            given=dict(given),
            total=total.n,
            created_by=actor,
        )
        jobs.offer(action)
        audit_log.record(
            actor=actor,
            action=AuditAction.ITEMS_CHANGED,
            dataset_id=dataset.pk,
            target=f"{action.get_kind_display()} {action.pk}",
            details=_details(dataset, selection, given) | {"items": total.n},
        )
        return action


def _details(dataset: Dataset, selection: Selection, given: Mapping[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {"selected": "all that match" if selection.is_all else "one by one"}
    if selection.query:
        details["filter"] = selection.query
    for name in ("labels", "reason"):
        if name in given:
            details[name] = given[name]
    if "split" in given:
        details["split"] = dataset.splits.filter(pk=given["split"]).values_list("name", flat=True).first()
    return details


def undo_action(*, action: BulkAction, actor: User) -> BulkAction:
    """Create the undo of a finished action, itself an action. An action can be undone once. Raises Conflict."""
    if action.kind == BulkKind.UNDO:
        raise Conflict("An undo cannot be undone: run the action again.", code="bulk_state")
    if action.state in {State.PENDING, State.RUNNING, State.PAUSED}:
        raise Conflict("The action is still running: cancel it, or wait until it is done.", code="bulk_state")
    try:
        with transaction.atomic():
            undone = BulkAction(
                dataset=action.dataset, kind=BulkKind.UNDO, undoes=action, total=action.moved, created_by=actor
            )
            jobs.offer(undone)
            audit_log.record(
                actor=actor,
                action=AuditAction.ITEMS_CHANGE_UNDONE,
                dataset_id=action.dataset_id,
                target=f"{action.get_kind_display()} {action.pk}",
                details={"items": action.moved},
            )
            return undone
    except IntegrityError:
        raise Conflict("The action is already undone.", code="already_undone") from None


def _checked(kind: str) -> str:
    allowed = [one.value for one in BulkKind if one != BulkKind.UNDO]
    if kind not in allowed:
        raise InvalidInput(f"action must be one of {', '.join(allowed)}, not {kind[:60]!r}.", field="action")
    return kind
