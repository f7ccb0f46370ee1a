"""Classes that a file's labels use and the dataset lacks."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from datasets.making import label_task
from datasets.models import Dataset
from exchange.formats import AnnotatedReader, Entry, FileReader, ImageFile, Row
from exchange.formats.annotated import classes_of
from exchange.importing.mapping import RowMapper

# Rows of a table checked before the mapping is confirmed.
FIRST = 100


def lacking(dataset: Dataset, reader: FileReader, path: Path, mapping: Mapping[str, Any]) -> list[str]:
    """All such names, in the file's order. Raises InvalidInput if it cannot be read."""
    if reader.annotates:
        return _unknown(dataset, cast(AnnotatedReader, reader).classes(path))
    return _unknown(dataset, classes_of(_mapped(reader.rows(path), dataset, mapping)))


def lacking_at_first(dataset: Dataset, rows: Iterable[Entry], mapping: Mapping[str, Any]) -> list[str]:
    """Names in the first rows of a table, under this mapping."""
    return _unknown(dataset, classes_of(_mapped(rows, dataset, mapping)))


def _unknown(dataset: Dataset, names: Iterable[str]) -> list[str]:
    task = label_task(dataset)
    return [name for name in dict.fromkeys(names) if task.resolve(name) is None]


def _mapped(rows: Iterable[Entry], dataset: Dataset, mapping: Mapping[str, Any]) -> Iterator[Entry]:
    mapper = RowMapper(mapping, multi_label=dataset.multi_label)
    for row in rows:
        if isinstance(row, ImageFile):
            yield mapper.image(row)
        else:
            yield mapper.row(row) if isinstance(row, Row) else row
