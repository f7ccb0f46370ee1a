"""Excel and OpenDocument workbooks: the first sheet that holds anything, or the one that is chosen."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats.csv.reader import check_header
from exchange.formats.reading import MAX_VALUE, Entries, Entry, Progress, Row, RowError
from ground.errors import InvalidInput
from ground.json_values import check_value

_PROGRAM = Path(__file__).with_name("sheet.py")
# What workbooks before 2007 begin with.
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_PARTS = ("xl/workbook.xml", "xl/workbook.bin")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_PASSWORD = "PasswordError"  # noqa: S105 - the name of an error


class ExcelReader:
    """Rows are numbered as the sheet shows them; the first that is not empty names the columns. Dates are text, and
    whole numbers have no fraction."""

    name = "excel"
    title = "Excel or OpenDocument workbook"
    extensions: tuple[str, ...] = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()
    chooses = frozenset({"sheet"})

    def __init__(self, sheet: str = "") -> None:
        self._sheet = sheet

    def chosen(self, choices: Mapping[str, Any]) -> "ExcelReader":
        """A reader of the sheet that was chosen."""
        return ExcelReader(choices.get("sheet", ""))

    def recognises(self, path: Path) -> bool:
        """Whether the bytes are a workbook's."""
        with path.open("rb") as file:
            beginning = file.read(8)
        if beginning == _COMPOUND:
            return True
        if not beginning.startswith(b"PK"):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
                if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                    return archive.read("mimetype").startswith(_OPEN_DOCUMENT)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, KeyError):
            return False
        return any(part in names for part in _PARTS)

    def knows(self, path: Path) -> bool:
        """The same."""
        return self.recognises(path)

    def sheets(self, path: Path) -> tuple[list[str], str]:
        """The names of all sheets, and of the one that is read. Raises InvalidInput if it cannot be read."""
        with _read(path, self._sheet) as lines:
            names: list[str] = next(lines)
            return names, next(lines, self._sheet)

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows, without empty ones. Raises InvalidInput for a workbook that cannot be read, or a wrong header."""
        progress = Progress()
        return Entries.after(start, self._entries(path, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """The header. Raises InvalidInput if there is none, or names repeat."""
        with _read(path, self._sheet) as lines:
            next(islice(lines, 2, 2), None)
            return _header(lines)[1]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(self._entries(path, Progress()), n))

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        with _read(path, self._sheet) as lines:
            next(islice(lines, 2, 2), None)
            first, names = _header(lines)
            for number, cells in lines:
                if any(cell is not None for cell in cells):
                    yield _row(number, cells[first:], names)
        progress.count = path.stat().st_size


def _header(lines: Iterator[Any]) -> tuple[int, list[str]]:
    """How many columns before the first are empty, and the names of the others."""
    for _, cells in lines:
        filled = [place for place, cell in enumerate(cells) if cell is not None]
        if filled:
            first, last = filled[0], filled[-1]
            cells = cells[first : last + 1]
            names = [
                str(cell).strip() if cell is not None else f"column {place}" for place, cell in enumerate(cells, 1)
            ]
            check_header(names)
            return first, names
    raise InvalidInput("The sheet is empty. Its first row must name the columns.", field="sheet")


def _row(number: int, cells: Sequence[object], names: Sequence[str]) -> Row | RowError:
    """A row may have fewer cells than the header, and others beside the table."""
    fields = dict(zip(names, cells, strict=False)) | dict.fromkeys(names[len(cells) :])
    if any(cell is not None for cell in cells[len(names) :]):
        return RowError(
            number, "", "The row has values in columns without a name.", "Name the columns in the first row."
        )
    for name, value in fields.items():
        if isinstance(value, str) and len(value) > MAX_VALUE:
            return RowError(number, name, f"The value is longer than {MAX_VALUE:,} characters.", "Shorten it.")
        try:
            check_value(value)
        except ValueError as error:
            return RowError(number, name, f"The value cannot be stored: {error}.", "Change it.")
    return Row(number, fields)


@contextmanager
def _read(path: Path, sheet: str) -> Iterator[Iterator[Any]]:
    """The names of the sheets, the name of the one that is read, and its rows. Raises InvalidInput, also while they are
    read."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM), str(path), sheet], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with child:
        try:
            yield _lines(child)
        finally:
            child.kill()


def _lines(child: "subprocess.Popen[bytes]") -> Iterator[Any]:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    for line in child.stdout:
        value = json.loads(line)
        if isinstance(value, dict):
            raise InvalidInput(_reason(str(value["error"])), field="file")
        yield value
    if child.wait():
        raise InvalidInput(
            "The workbook is damaged, or too large to be read. Save the sheet as CSV (UTF-8) and import that.",
            field="file",
        )


def _reason(error: str) -> str:
    if error.startswith(_PASSWORD):
        return "The workbook is protected by a password. Save it without one."
    if error.startswith("WorksheetNotFound"):
        return "The workbook has no sheet of that name."
    return f"The workbook cannot be read ({error}). Save the sheet as CSV (UTF-8) and import that."
