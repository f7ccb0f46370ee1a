"""The tables among images: lines of JSON that say more about the files, `{"file": "a.png", "label": …}`, or CSV, TSV
and workbooks with a column `file`."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, Any, Self

from exchange.formats.archives import Unreadable, path_in
from exchange.formats.csv.reader import CsvReader
from exchange.formats.excel.reader import ExcelReader
from exchange.formats.reading import FileReader, Row, RowError
from ground.errors import InvalidInput
from ground.json_values import parse_json

_LINES = (".jsonl", ".ndjson")
_READERS: Mapping[str, Callable[[], FileReader]] = {".csv": CsvReader, ".tsv": CsvReader, ".xlsx": ExcelReader}
ENDINGS = (*_LINES, *_READERS)
# Columns that may name the file.
_NAMES = ("file", "filename", "file_name", "image", "path")
_BLOCK = 1 << 20
# Bytes of one line: what is said of one image, with thousands of shapes.
MOST_BYTES = 8_000_000
NOTHING: Mapping[str, Any] = MappingProxyType({})
_REMEDY = "Fix the line of the table; other images are not affected."

Opener = Callable[[], AbstractContextManager[IO[bytes], bool | None]]


@dataclass
class Beside:
    """What the tables say of each file. The lines lie in a temporary file; of each only its place is kept in memory."""

    columns: list[str] = field(default_factory=list)
    _lines: IO[bytes] | None = None
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)
    _wrong: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, tables: Iterable[tuple[str, Opener]]) -> "Beside":
        """What these tables say, by name."""
        beside = cls()
        for name, opened in tables:
            with opened() as table:
                beside._keep(table, name)
        return beside

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lines is not None:
            self._lines.close()

    def _keep(self, table: IO[bytes], name: str) -> None:
        # It is read as long as the images are.
        self._lines = self._lines or tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._keep_lines(table, name, self._lines)
        except Unreadable as error:
            self._wrong.append((name, f"cannot be read to its end: {error}."))

    def _keep_lines(self, table: IO[bytes], name: str, lines: IO[bytes]) -> None:
        read = _lines if name.lower().endswith(_LINES) else partial(_rows, name=name)
        for number, about, line, why in read(table):
            if why:
                self._wrong.append((f"{name}, line {number}", why))
            elif about is not None:
                place = lines.seek(0, 2)
                lines.write(line)
                self._places[path_in(about["file"])] = place, len(line)
                self.columns += [column for column in about if column not in {*self.columns, "file"}]

    def fields(self, name: str) -> Mapping[str, Any]:
        """What is said of the file: under its whole path, or its name alone."""
        found = self._places.get(name) or self._places.get(name.rsplit("/", 1)[-1])
        if found is None or self._lines is None:
            return NOTHING
        self._lines.seek(found[0])
        about: dict[str, Any] = json.loads(self._lines.read(found[1]))
        del about["file"]
        return about

    def complaints(self, names: Iterable[str], *, after: int) -> Iterator[RowError]:
        """Lines that could not be read, and those about files that are not there; numbered on after the images."""
        known = {part for name in names for part in (name, name.rsplit("/", 1)[-1])}
        wrong = [(f"{where} {why}", _REMEDY) for where, why in self._wrong]
        wrong += [
            (f"A table names {name[:200]!r}, but there is no such image.", "Add the image, or remove its line.")
            for name in self._places
            if name not in known
        ]
        for number, (reason, remedy) in enumerate(wrong, start=after + 1):
            yield RowError(number, "file", reason, remedy)


def _rows(table: IO[bytes], name: str) -> Iterator[tuple[int, dict[str, Any] | None, bytes, str]]:
    """(line, what it says, as it is kept, why it cannot be read) of each row, as the same table is read by itself; an
    empty cell says nothing. Raises Unreadable."""
    reader = _READERS[PurePosixPath(name).suffix.lower()]()
    with tempfile.NamedTemporaryFile() as file:
        shutil.copyfileobj(table, file, _BLOCK)
        file.flush()
        try:
            for row in reader.rows(Path(file.name)):
                if isinstance(row, Row):
                    about = _told(row.fields)
                    why = "" if about else f"names no file in a column of that name ({', '.join(_NAMES)})."
                    yield row.number, about, json.dumps(about).encode() + b"\n", why
                    if not any(name in row.fields for name in _NAMES):
                        return
                elif isinstance(row, RowError):
                    yield row.number, None, b"", f"cannot be read: {row.reason}"
        except InvalidInput as error:
            raise Unreadable(error.message.rstrip(".")) from None


def _told(fields: Mapping[str, object]) -> dict[str, Any] | None:
    """What is said of the file, its name under `file`; None if none is named."""
    column = next((column for column in _NAMES if isinstance(fields.get(column), str) and fields[column]), None)
    if column is None:
        return None
    about = {name: value for name, value in fields.items() if value not in (None, "") and name != column}
    return about | {"file": fields[column]}


def _lines(table: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | None, bytes, str]]:
    """The same of lines of JSON, which may be longer than a row of a table."""
    for number, line in enumerate(iter(lambda: table.readline(MOST_BYTES + 1), b""), start=1):
        about, why = _read(line)
        yield number, about, b"" if about is None else json.dumps(about).encode() + b"\n", why


def _read(line: bytes) -> tuple[dict[str, Any] | None, str]:
    """What the line says, or why it cannot be read; neither for a blank one."""
    if len(line) > MOST_BYTES:
        return None, f"has more than {MOST_BYTES:,} bytes."
    try:
        text = line.decode("utf-8-sig").strip()
        about = parse_json(text) if text else None
    except UnicodeDecodeError:
        return None, "is not UTF-8."
    except ValueError as error:
        return None, f"cannot be read: {error}."
    told = _told(about) if isinstance(about, dict) else None
    if about is not None and told is None:
        return None, 'names no file. Write {"file": "a.png", …}.'
    return told, ""
