"""The current meaning of labels that name a merged class. Decisions and pre-labels keep their original names; they are
translated here before they are counted, compared or shown."""

import json
from collections.abc import Mapping

from datasets.models import Dataset
from ground.sql.prepared import prepared_cursor
from kinds import TASK_KINDS, LabelValue


def flattened(merged: Mapping[str, str]) -> dict[str, str]:
    """For each merged class the one that finally replaces it, through chains of merges."""
    found = {}
    for name, into in merged.items():
        seen = {name}
        while into in merged and into not in seen:
            seen.add(into)
            into = merged[into]
        found[name] = into
    return found


def merged_now(dataset: Dataset) -> Mapping[str, str]:
    """The merged classes, read from the database. For flows that write: `dataset` may have been loaded before a
    merge."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT merged_classes::text FROM labeling_dataset WHERE id = %s", [dataset.pk])
        ((text,),) = cursor.fetchall()
    found: dict[str, str] = json.loads(text)
    return found


def as_named_now(task_kind: str, value: LabelValue, merged: Mapping[str, str]) -> LabelValue:
    """The value with merged classes replaced."""
    return TASK_KINDS[task_kind].renamed(value, merged) if merged else value
