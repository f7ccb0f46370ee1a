"""Proposes the mapping of an import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.item_kinds import ITEM_KINDS
from datasets.making import label_task
from datasets.models import Dataset
from exchange.formats import FileReader
from exchange.importing.guessing import guess_from_rows, guess_mapping
from kinds import TASK_KINDS
from kinds.named import named

# Rows used for guessing a column's content.
FIRST_ROWS = 20


def guessed_mapping(
    dataset: Dataset, reader: FileReader, path: Path, columns: Sequence[str], *, looked_at: bool
) -> dict[str, Any]:
    """A mapping; uses values too if a user confirms it, else names only."""
    if reader.annotates:
        return {"annotations": "label", "new_classes": False}
    texts = ITEM_KINDS[dataset.item_kind].stores == "text"
    elements = named(TASK_KINDS[dataset.task_kind]) is None
    if not looked_at and texts:
        return dict(guess_mapping(columns, elements=elements))
    task = label_task(dataset)
    rows = reader.preview(path, FIRST_ROWS)

    def is_class(name: str) -> bool:
        return task.resolve(name) is not None

    return dict(guess_from_rows(columns, rows, is_class=is_class, texts=texts, elements=elements))
