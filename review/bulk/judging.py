"""Whether a bulk action changes an item; the same rule for preview and work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from datasets.models import Item, Status
from review.models import BulkKind

# Reasons for leaving an item unchanged.
HELD = "somebody is reviewing it now"
IN_QUEUE = "already in the review queue"
EXCLUDED = "excluded"
NOT_EXCLUDED = "not excluded"
SAME_LABEL = "already has this label"
SAME_SPLIT = "already in this split"
SETTLED = "its label was imported or set by a manager"
CHECK = "a random check: reviewed without showing the prediction"
NOT_STOPPED = "no labeler has stopped its text"
CLEARED = "its text is cleared already"
CHANGED = "changed again since then"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an action assigns: a label value with its class names, or a split."""

    kind: str
    value: dict[str, Any] | None = None
    labels: tuple[str, ...] | None = None
    split: int | None = None
    reason: str = ""


def wanted_of(kind: str, given: Mapping[str, Any]) -> Wanted:
    """The form stored with the action."""
    labels = given.get("labels")
    return Wanted(
        kind, given.get("value"), None if labels is None else tuple(labels), given.get("split"), given.get("reason", "")
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """What an item's own row does not tell: ids of claimed items, of items whose text a labeler has stopped, and of
    items whose text is cleared."""

    held: Collection[int] = ()
    stopped: Collection[int] = ()
    cleared: Collection[int] = ()


def reason_to_leave(item: Item, wanted: Wanted, beside: Beside) -> str:
    """Why the item is left unchanged; "" if the action changes it."""
    if wanted.kind == BulkKind.SPLIT:
        return SAME_SPLIT if item.split_id == wanted.split else ""
    if wanted.kind == BulkKind.CLEAR:
        return _to_clear(item, beside)
    if item.pk in beside.held:
        return HELD
    match wanted.kind:
        case BulkKind.SEND:
            return _to_send(item)
        case BulkKind.LABEL:
            return _to_label(item, wanted)
        case BulkKind.EXCLUDE:
            return EXCLUDED if item.status == Status.EXCLUDED else ""
    return "" if item.status == Status.EXCLUDED else NOT_EXCLUDED


def _to_clear(item: Item, beside: Beside) -> str:
    if item.pk in beside.cleared:
        return CLEARED
    return "" if item.pk in beside.stopped else NOT_STOPPED


def _to_send(item: Item) -> str:
    if item.status in {Status.WAITING, Status.DISPUTED}:
        return IN_QUEUE
    if item.status == Status.EXCLUDED:
        return EXCLUDED
    # Nobody was asked for an imported label.
    return SETTLED if item.status == Status.REVIEWED and not item.reviews_asked else ""


def _to_label(item: Item, wanted: Wanted) -> str:
    if item.status == Status.REVIEWED and tuple(sorted(item.human_labels or ())) == tuple(sorted(wanted.labels or ())):
        return SAME_LABEL
    # A label given to hand-picked items would count as a random check.
    return CHECK if item.sampled and item.status == Status.WAITING else ""
