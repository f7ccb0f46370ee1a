"""Comparing what the machine says of items with what people have said: whether it is right is stored with the item."""

from collections.abc import Sequence

from datasets.making import label_task
from datasets.models import Dataset, Item
from ground.sql.prepared import bigints, prepared_cursor
from kinds import TASK_KINDS
from kinds.matching import same

_WRITE = """
UPDATE labeling_item AS i SET matched = found.matched
FROM unnest(%(items)s::bigint[], %(matched)s::boolean[]) AS found (id, matched) WHERE i.id = found.id
"""


def compare_items(*, dataset: Dataset, item_ids: Sequence[int]) -> None:
    """Work out anew whether people gave what the machine says of these items (locked by the caller), of which both have
    spoken."""
    task, kind = label_task(dataset), TASK_KINDS[dataset.task_kind]
    rows = Item.objects.filter(pk__in=item_ids, human_value__isnull=False, auto_labels__isnull=False)
    found = {
        pk: same(kind, said, given, task)
        for pk, said, given in rows.values_list("pk", "auto_prelabel__value", "human_value")
        if said is not None and given is not None
    }
    with prepared_cursor() as cursor:
        cursor.execute(_WRITE, {"items": bigints(list(found)), "matched": list(found.values())})
