"""The mapping that an import proposes for a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.item_kinds import ITEM_KINDS
from datasets.making import label_task
from datasets.models import Dataset
from exchange.formats import FileReader
from exchange.importing.guessing import guess_from_rows, guess_mapping

# Rows that tell what a column holds.
FIRST_ROWS = 20


def guessed_mapping(
    dataset: Dataset, reader: FileReader, path: Path, columns: Sequence[str], *, looked_at: bool
) -> dict[str, Any]:
    """A mapping proposed. From values, too, if somebody looks at it before the import starts; else from names alone."""
    if reader.annotates:
        return {"annotations": "label", "new_classes": False}
    texts = ITEM_KINDS[dataset.item_kind].stores == "text"
    if not looked_at and texts:
        return dict(guess_mapping(columns))
    task = label_task(dataset)
    rows = reader.preview(path, FIRST_ROWS)
    return dict(guess_from_rows(columns, rows, is_class=lambda name: task.resolve(name) is not None, texts=texts))
