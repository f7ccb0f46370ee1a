"""Updates the items after a class was merged into another, or a merge was undone.

A background pass: predictions are placed and human answers settled again, with merged classes replaced. Decisions and
pre-labels stay unchanged.
"""

import json
from collections.abc import Sequence

from django.db import connection

from datasets.item_classes import write_of_machine
from datasets.merged import merged_now
from datasets.models import ClassMerge, Dataset, Item, LabelClass
from ground.sql.prepared import bigints
from kinds import TASK_KINDS
from kinds.named import named
from labeling.policies.placing import place_items, share_policy
from review.deciding.settling import history_of, put, stand_of
from work import jobs
from work.jobs import JobKind

CHUNK = 1_000

# Locked before they are examined: a concurrent decision was either saved before, or reads the current classes.
_LOCK = """
SELECT id FROM labeling_item WHERE dataset_id = %(dataset)s AND id = ANY(%(items)s::bigint[]) ORDER BY id FOR UPDATE
"""
_NAMING = """
SELECT i.id FROM labeling_item AS i, unnest(%(names)s::text[]) AS given (name)
WHERE i.id = ANY(%(items)s::bigint[]) AND (
  EXISTS (SELECT FROM labeling_prelabel AS p WHERE p.item_id = i.id
    AND jsonb_path_exists(p.value, '$.** ? (@ == $name)', jsonb_build_object('name', name)))
  OR EXISTS (SELECT FROM review_decision AS d WHERE d.item_id = i.id
    AND jsonb_path_exists(d.value, '$.** ? (@ == $name)', jsonb_build_object('name', name))))
GROUP BY i.id ORDER BY i.id
"""

_NAME_ANEW = """
UPDATE labeling_item AS i SET auto_labels = named.labels
FROM (SELECT i.id, countersign_merged_names(p.value, %(path)s::jsonpath, %(merged)s::jsonb)::varchar[] AS labels
  FROM labeling_item AS i JOIN labeling_prelabel AS p ON p.id = i.auto_prelabel_id
  WHERE i.id = ANY(%(items)s::bigint[]) AND i.auto_labels IS NOT NULL) AS named
WHERE i.id = named.id AND i.auto_labels <> named.labels
"""


def work_one_merge() -> bool:
    """Claim and carry out one pass; False when there is none."""
    return jobs.work_pass(ClassMerge, _items_after, _follow)


def _items_after(job: ClassMerge) -> Sequence[int]:
    items = Item.objects.filter(dataset=job.dataset_id, pk__gt=job.position)
    return list(items.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _follow(job: ClassMerge, ids: Sequence[int]) -> int:
    """Always with the current classes: an older job then finds nothing left to do."""
    dataset = Dataset.objects.get(pk=job.dataset_id)
    policy = share_policy(dataset)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"dataset": dataset.pk, "items": bigints(ids)})
        cursor.execute(_NAMING, {"items": bigints(ids), "names": _names(job)})
        found = [row[0] for row in cursor.fetchall()]
    if found:
        place_items(dataset=dataset, item_ids=found, policy=policy)
        _name_anew(dataset, found)
        _settle_anew(dataset, found)
    return len(found)


def _name_anew(dataset: Dataset, ids: Sequence[int]) -> None:
    """Update the class names that items are filtered by, also of claimed items, which are placed later."""
    names = named(TASK_KINDS[dataset.task_kind])
    if names is None:
        write_of_machine(dataset=dataset, item_ids=ids)
        return
    params = {"items": bigints(ids), "path": names.labels_path, "merged": json.dumps(dict(merged_now(dataset)))}
    with connection.cursor() as cursor:
        cursor.execute(_NAME_ANEW, params)


def _names(job: ClassMerge) -> list[str]:
    """The names of the class and of all classes merged into it."""
    rows = LabelClass.objects.filter(dataset=job.dataset_id).exclude(merged_into=None)
    merged: dict[int, list[tuple[int, str]]] = {}
    for pk, name, into in rows.values_list("pk", "name", "merged_into"):
        merged.setdefault(into or 0, []).append((pk, name))
    names, ahead = [job.label_class.name], [job.label_class_id]
    while ahead:
        for pk, name in merged.get(ahead.pop(), []):
            names.append(name)
            ahead.append(pk)
    return names


def _settle_anew(dataset: Dataset, ids: Sequence[int]) -> None:
    """Settle the items that have human answers. A reviewer whose claimed item is settled here gets a conflict."""
    items = Item.objects.select_related("auto_prelabel").filter(pk__in=ids, answers__gt=0).order_by("pk")
    for item in items:
        put(dataset=dataset, item=item, stand=stand_of(dataset, item, history_of(item)))


JOB = JobKind("class_merge", ClassMerge, "Merging of classes", work_one_merge)
