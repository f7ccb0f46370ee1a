"""Classes of the elements of items, stored per item. The only writer besides imports, which add theirs with the
items."""

import json
from collections import Counter
from collections.abc import Sequence

from datasets.models import Dataset
from ground.sql.prepared import bigints, prepared_cursor
from kinds import TASK_KINDS, LabelValue

_FORGET_MACHINE = "DELETE FROM labeling_itemclass WHERE item_id = ANY(%(items)s::bigint[]) AND NOT by_people"
_OF_MACHINE = """
INSERT INTO labeling_itemclass (item_id, dataset_id, by_people, label_class_id, n, floor)
SELECT i.id, i.dataset_id, false, c.id, given.n::int,
  CASE WHEN p.floors = '{}' THEN p.confidence ELSE (p.floors ->> given.name)::float8 END
FROM unnest(%(items)s::bigint[]) AS named (id)
  JOIN labeling_item AS i ON i.id = named.id
  JOIN labeling_dataset AS d ON d.id = i.dataset_id
  JOIN LATERAL (
    SELECT confidence, CASE WHEN d.merged_classes = '{}' THEN counts
        ELSE countersign_merged_counts(counts, d.merged_classes) END AS counts,
      CASE WHEN d.merged_classes = '{}' THEN floors
        ELSE countersign_merged_floors(floors, d.merged_classes) END AS floors
    FROM labeling_prelabel WHERE id = i.auto_prelabel_id AND i.auto_labels IS NOT NULL) AS p ON true,
  jsonb_each_text(p.counts) AS given (name, n)
  JOIN labeling_labelclass AS c ON c.dataset_id = %(dataset)s AND c.name = given.name
ORDER BY i.id, c.id
"""
_FORGET_PEOPLE = "DELETE FROM labeling_itemclass WHERE item_id = %(item)s AND by_people"
_OF_PEOPLE = """
INSERT INTO labeling_itemclass (item_id, dataset_id, by_people, label_class_id, n)
SELECT %(item)s, %(dataset)s, true, c.id, given.n::int
FROM jsonb_each_text(%(counts)s::jsonb) AS given (name, n)
  JOIN labeling_labelclass AS c ON c.dataset_id = %(dataset)s AND c.name = given.name
ORDER BY c.id
"""


def counted(dataset: Dataset, value: LabelValue) -> dict[str, int]:
    """Number of elements per class in the value."""
    return dict(Counter(name for name in TASK_KINDS[dataset.task_kind].elements(value).classes if name))


def write_of_machine(*, dataset: Dataset, item_ids: Sequence[int]) -> None:
    """Update the classes of the predicted labels of these items (locked by the caller)."""
    params = {"dataset": dataset.pk, "items": bigints(item_ids)}
    with prepared_cursor() as cursor:
        cursor.execute(_FORGET_MACHINE, params)
        cursor.execute(_OF_MACHINE, params)


def write_of_people(*, dataset: Dataset, item_id: int, value: LabelValue | None) -> None:
    """Update the classes of the item's human label (locked by the caller); None: there is none."""
    params = {"item": item_id, "dataset": dataset.pk}
    with prepared_cursor() as cursor:
        cursor.execute(_FORGET_PEOPLE, params)
        if value is not None:
            cursor.execute(_OF_PEOPLE, params | {"counts": json.dumps(counted(dataset, value))})
