"""Parquet: tables by column, read a piece of a row group at a time."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats.columns import keys_of
from exchange.formats.csv.reader import check_header
from exchange.formats.reading import MAX_VALUE, Entries, Entry, Progress, Row, RowError
from ground.errors import InvalidInput
from ground.json_values import check_value

_MARK = b"PAR1"
_BATCH = 500
# Bytes of one row group, unpacked: of each column a piece is held.
MOST_GROUP = 2_000_000_000
_SMALLER = "Save it with smaller row groups, for instance row_group_size=50_000."


class ParquetReader:
    """Rows are numbered by their place. Lists stay lists, and what is null says nothing; dates are text."""

    name = "parquet"
    title = "Parquet"
    extensions: tuple[str, ...] = (".parquet", ".pq")
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()

    def recognises(self, path: Path) -> bool:
        """Whether the bytes are a Parquet file's."""
        with path.open("rb") as file:
            return file.read(4) == _MARK

    def knows(self, path: Path) -> bool:
        """The same."""
        return self.recognises(path)

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows. Raises InvalidInput for a file that cannot be read, or holds files in its columns."""
        progress = Progress()
        return Entries(_entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """The names of the schema, and those inside of objects. Raises InvalidInput."""
        with _opened(path) as file:
            names = list(file.schema_arrow.names)
        first = self.preview(path, 100)
        return [*names, *(name for name in keys_of(first) if name not in names)]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(_entries(path, 0, Progress()), n))


def _opened(path: Path) -> Any:
    """Raises InvalidInput."""
    # It takes as much memory as all of the product, which few files are worth.
    import pyarrow  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path, memory_map=True, pre_buffer=False)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InvalidInput(f"The file is not Parquet: {str(error)[:200]} Create it again.", field="file") from None
    groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
    if any(group.total_byte_size > MOST_GROUP for group in groups):
        raise InvalidInput(f"A row group has more than {MOST_GROUP:,} bytes. {_SMALLER}", field="file")
    return file


def _entries(path: Path, start: int, progress: Progress) -> Iterator[Entry]:
    import pyarrow  # noqa: PLC0415

    size = path.stat().st_size
    with _opened(path) as file:
        _check_columns(file.schema_arrow)
        total = max(file.metadata.num_rows, 1)
        number = 0
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if number + rows <= start:
                number += rows
                continue
            try:
                for batch in file.iter_batches(_BATCH, row_groups=[group], use_threads=False):
                    progress.count = min(size, size * (number + batch.num_rows) // total)
                    for row in _rows(batch):
                        number += 1
                        if number > start:
                            yield _row(number, row)
            except (pyarrow.ArrowException, OSError, MemoryError) as error:
                yield RowError(number + 1, "", f"From here on the file cannot be read: {error}.", "Write it again.")
                return
    progress.count = size


def _check_columns(schema: Any) -> None:
    """Raises InvalidInput for columns of files, as what they show is no text, and for names that repeat."""
    check_header(list(schema.names))
    for field in schema:
        inner = [field.type.field(at) for at in range(field.type.num_fields)] if field.type.num_fields else []
        names = {one.name for one in inner}
        if {"bytes", "path"} <= names:
            raise InvalidInput(
                f"The column {field.name!r} contains images. Import those as a zip, with the other columns in a table "
                "in the zip (CSV or JSON Lines with a column `file`), or save the file without that column.",
                field="file",
            )


def _rows(batch: Any) -> Iterator[dict[str, object]]:
    """The batch row by row. A column with a value that Python has no form of is read value by value, as text."""
    columns = []
    for column in batch.columns:
        try:
            columns.append(column.to_pylist())
        except (ValueError, OverflowError, ArithmeticError):
            columns.append([str(value) if value.is_valid else None for value in column])
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _row(number: int, row: Mapping[str, object]) -> Row | RowError:
    fields: dict[str, object] = {}
    for name, value in row.items():
        try:
            fields[name] = _plain(value)
            check_value(fields[name])
        except ValueError as error:
            return RowError(
                number, name, f"The value cannot be stored: {error}.", "Change it, or leave the column out."
            )
    return Row(number, fields)


def _plain(value: object) -> object:
    """The value as JSON has it. Raises ValueError."""
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise ValueError(f"it is longer than {MAX_VALUE:,} characters")
        return value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return _plain(_decoded(value))
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not text but bytes") from None
