"""Parsing an answer and comparing it with the prediction before anything is locked, if labels are elements. Comparing
two thousand shapes takes as long as ten decisions, and others would wait for the lock."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasets.extents import extent_of
from datasets.making import label_task
from datasets.merged import merged_now
from datasets.models import Dataset, Item
from ground.errors import CountersignError
from kinds import NOWHERE, TASK_KINDS, LabelValue
from kinds.matching import Comparison
from kinds.named import named
from labeling.models import PreLabel
from labeling.policies.comparing import Compared, by_element, compared, comparing
from review.models import Decision, Edit


@dataclass(frozen=True, slots=True)
class Weighed:
    """An answer in normal form, and how it compares with the pre-label that spoke when it was weighed, under the names
    that classes had then."""

    value: LabelValue
    prelabel_id: int | None
    compared: Compared | None
    merged: Mapping[str, str]


def weighed_ahead(dataset: Dataset, item_id: int, raw: object) -> Weighed | None:
    """The answer, compared without a lock; None if that is fast, or if only the holder may be told of errors. Content
    never changes; whether the pre-label has changed is checked under the lock."""
    if not by_element(dataset):
        return None
    item = (
        Item.objects.filter(dataset=dataset, pk=item_id)
        .select_related("asset", "auto_prelabel")
        .only("text", "asset", "auto_labels", "auto_prelabel__value")
        .first()
    )
    if item is None:
        return None
    kind, task = TASK_KINDS[dataset.task_kind], label_task(dataset)
    try:
        value = kind.parse(raw, task, extent_of(item, dataset.item_kind)).value
    except CountersignError:
        return None
    said = item.auto_prelabel.value if item.auto_prelabel is not None and item.auto_labels is not None else None
    found = None if said is None else compared(kind, said, value, task)
    return Weighed(value, item.auto_prelabel_id, found, task.merged)


def read(dataset: Dataset, item: Item, raw: object) -> dict[str, Any]:
    """The answer in normal form, within the item's extent. Raises InvalidValue."""
    kind, extent = TASK_KINDS[dataset.task_kind], NOWHERE
    if not named(kind):
        # The locked item was loaded without its text.
        whole = Item.objects.select_related("asset").only("text", "asset").get(pk=item.pk)
        extent = extent_of(whole, dataset.item_kind)
    return kind.parse(raw, label_task(dataset), extent).value


def weighed_against(
    dataset: Dataset, prelabel: PreLabel | None, value: LabelValue | None, ahead: Weighed | None
) -> Compared | None:
    """The comparison with this pre-label; None: nothing to compare."""
    if value is None or prelabel is None or prelabel.value is None:
        return None
    known = ahead is not None and ahead.prelabel_id == prelabel.pk and ahead.compared
    if ahead is not None and known and ahead.merged == merged_now(dataset):
        return known
    return comparing(dataset)(prelabel.value, value)


def keep_edits(decision: Decision, found: Compared | None) -> None:
    """Save the reviewer's edits of elements beside the new decision, in the caller's transaction."""
    if found is not None and found.comparison is not None:
        Edit.objects.create(decision=decision, **edit_of(found.comparison))


def edit_of(found: Comparison) -> dict[str, Any]:
    """The columns of the row of edits."""
    counts = Counter[str](edit.what for edit in found.edits)
    both = sum(n for (left, right), (n, _) in found.pairs.items() if left and right)
    kept = both - sum(1 for edit in found.edits if edit.element and edit.to)
    return {"kept": kept, **counts, "detail": [[edit.what, edit.element, edit.to] for edit in found.edits]}
