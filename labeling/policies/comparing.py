"""Comparison of predicted and human labels: whether they are equal is stored with the item and, for kinds with
elements, which classes match which.
The only writer of pairs. They are written and deleted by statements of their own: statements that write the item are
counted by another trigger, and a combined statement would count twice."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasets.making import label_task, says_the_same
from datasets.merged import as_named_now, merged_now
from datasets.models import Dataset, Item
from ground.sql.prepared import bigints, prepared_cursor
from kinds import TASK_KINDS, LabelTask, LabelValue, TaskKind
from kinds.elements import Elements
from kinds.matching import Comparison, compare, same

_WRITE = """
UPDATE labeling_item AS i SET matched = found.matched
FROM unnest(%(items)s::bigint[], %(matched)s::boolean[]) AS found (id, matched) WHERE i.id = found.id
"""
_REMOVE = "DELETE FROM labeling_comparedpair WHERE item_id = ANY(%(items)s::bigint[])"
_ADD = """
INSERT INTO labeling_comparedpair (item_id, dataset_id, auto_class, human_class, n, edited, agreement)
SELECT item, %(dataset)s, pair.auto, pair.human, pair.n, pair.edited, pair.agreement
FROM jsonb_to_recordset(%(pairs)s::jsonb) AS pair (
  item bigint, auto text, human text, n int, edited int, agreement float8)
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Predicted and human label, compared. `pairs`: for kinds with elements, the rows to count, as in `ComparedPair`;
    `comparison`: None if the classes alone decide."""

    matched: bool
    comparison: Comparison | None = None
    pairs: tuple[Mapping[str, object], ...] = ()


Comparing = Callable[[LabelValue, LabelValue], Compared]


def by_element(dataset: Dataset) -> bool:
    """Whether its labels are counted in elements."""
    return TASK_KINDS[dataset.task_kind].unit == "element"


def comparing(dataset: Dataset) -> Comparing:
    """How values of the dataset are compared: what the machine said, then what people gave; under the names that their
    classes have now."""
    if by_element(dataset):
        task, kind = label_task(dataset), TASK_KINDS[dataset.task_kind]
        return lambda said, given: compared(kind, said, given, task)

    def alike(said: LabelValue, given: LabelValue) -> Compared:
        if said == given:
            return Compared(matched=True)
        merged = merged_now(dataset)
        left, right = (as_named_now(dataset.task_kind, one, merged) for one in (said, given))
        return Compared(says_the_same(dataset, left, right))

    return alike


def compared(kind: TaskKind, said: LabelValue, given: LabelValue, task: LabelTask) -> Compared:
    """Two values, both in normal form. Dear where there are many elements: outside of locks where that can be."""
    said, given = (as_named_now(kind.name, one, task.merged) for one in (said, given))
    if kind.unit == "item":
        return Compared(same(kind, said, given, task))
    found = compare(kind, said, given, task)
    return Compared(found.right, found, _rows(found, kind.elements(said), kind.elements(given)))


def _rows(found: Comparison, said: Elements, given: Elements) -> tuple[Mapping[str, object], ...]:
    left, right = _classes(said), _classes(given)
    edited: dict[tuple[str, str], int] = {}
    for edit in found.edits:
        classes = left.get(edit.element, ""), right.get(edit.to, "")
        edited[classes] = edited.get(classes, 0) + 1
    return tuple(
        {"auto": auto, "human": human, "n": n, "edited": edited.get((auto, human), 0), "agreement": agreement}
        for (auto, human), (n, agreement) in sorted(found.pairs.items())
    )


def _classes(elements: Elements) -> dict[str, str]:
    """Class by id; for a relation its name."""
    return dict(zip(elements.ids, elements.classes, strict=True)) | {link.id: link.name for link in elements.links}


def compare_items(*, dataset: Dataset, item_ids: Sequence[int]) -> None:
    """Recompute whether human and predicted label of these items (locked by the caller) are equal, and the pairs: none
    if either label is missing."""
    rows = Item.objects.filter(pk__in=item_ids, human_value__isnull=False, auto_labels__isnull=False)
    weigh = comparing(dataset)
    found = {
        pk: weigh(said, given)
        for pk, said, given in rows.values_list("pk", "auto_prelabel__value", "human_value")
        if said is not None and given is not None
    }
    with prepared_cursor() as cursor:
        matched = [one.matched for one in found.values()]
        cursor.execute(_WRITE, {"items": bigints(list(found)), "matched": matched})
    if by_element(dataset):
        write_pairs(dataset=dataset, found=dict.fromkeys(item_ids) | found)


def write_pairs(*, dataset: Dataset, found: Mapping[int, Compared | None]) -> None:
    """Replace the pairs of these items (locked by the caller); None: no longer compared. For datasets whose labels are
    elements."""
    pairs = [{"item": item, **pair} for item, one in found.items() if one is not None for pair in one.pairs]
    with prepared_cursor() as cursor:
        cursor.execute(_REMOVE, {"items": bigints(list(found))})
        if pairs:
            cursor.execute(_ADD, {"dataset": dataset.pk, "pairs": json.dumps(pairs)})
