"""Merged classes: what a label that names one means now. Decisions and pre-labels keep the names that they were given
with; whatever is read from them to count, compare or show goes through here."""

import json
from collections.abc import Mapping

from datasets.models import Dataset
from ground.sql.prepared import prepared_cursor
from kinds import TASK_KINDS, LabelValue


def flattened(merged: Mapping[str, str]) -> dict[str, str]:
    """By each merged class the one that stands for it in the end, where classes were merged into others that were
    merged themselves."""
    found = {}
    for name, into in merged.items():
        seen = {name}
        while into in merged and into not in seen:
            seen.add(into)
            into = merged[into]
        found[name] = into
    return found


def merged_now(dataset: Dataset) -> Mapping[str, str]:
    """The merged classes as they are at this moment, by their names. For flows that write: `dataset` may have been read
    before a class was merged."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT merged_classes::text FROM labeling_dataset WHERE id = %s", [dataset.pk])
        ((text,),) = cursor.fetchall()
    found: dict[str, str] = json.loads(text)
    return found


def as_named_now(task_kind: str, value: LabelValue, merged: Mapping[str, str]) -> LabelValue:
    """The value under the names that its classes have now."""
    return TASK_KINDS[task_kind].renamed(value, merged) if merged else value
