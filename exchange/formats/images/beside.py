"""The tables among images: lines of JSON that say more about the files, `{"file": "a.png", "label": …}`, or CSV with a
column `file`."""

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, Any, Self

from exchange.formats.archives import Unreadable, path_in
from exchange.formats.reading import RowError
from ground.json_values import parse_json

_CSV = ".csv"
ENDINGS = (".jsonl", _CSV)
# Bytes of one line: what is said of one image, with thousands of shapes.
MOST_BYTES = 8_000_000
NOTHING: Mapping[str, Any] = MappingProxyType({})
_REMEDY = "Mend the line of the table; the images that it does not name are not affected."

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
        read = _read_csv if name.lower().endswith(_CSV) else _read_lines
        for number, about, line, why in read(_pieces(table)):
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
            (f"A table names {name[:200]!r}, and there is no such image.", "Add the image, or take its line out.")
            for name in self._places
            if name not in known
        ]
        for number, (reason, remedy) in enumerate(wrong, start=after + 1):
            yield RowError(number, "file", reason, remedy)


def _pieces(table: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: table.readline(MOST_BYTES + 1), b"")


def _read_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | None, bytes, str]]:
    """(number, what it says, as it is kept, why it cannot be read) of each line of JSON."""
    for number, line in enumerate(lines, start=1):
        about, why = _read(line)
        yield number, about, line, why


def _read_csv(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | None, bytes, str]]:
    """The same of each row of a table with a header; an empty cell says nothing. Raises Unreadable."""
    try:
        for number, row in enumerate(csv.DictReader(_decoded(lines), strict=True), start=2):
            if not row.get("file"):
                yield number, None, b"", "names no file in a column of that name."
                return
            if None in row or None in row.values():
                yield number, None, b"", "has more or fewer values than the header names columns."
                continue
            about = {column: cell for column, cell in row.items() if cell}
            why = "holds a NUL character." if any("\x00" in cell for cell in about.values()) else ""
            yield number, about, json.dumps(about).encode() + b"\n", why
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line.decode("utf-8" if number else "utf-8-sig")


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
    if about is not None and not (isinstance(about, dict) and isinstance(about.get("file"), str)):
        return None, 'names no file. Write {"file": "a.png", …}.'
    return about, ""
