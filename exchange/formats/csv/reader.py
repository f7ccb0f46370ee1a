"""CSV with a header: comma, semicolon, tab or bar; UTF-8 or UTF-16."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from exchange.formats.reading import MAX_VALUE, Entries, Entry, Progress, Row, RowError
from exchange.formats.text_lines import MAX_LINE, TextLines, check_encoding
from ground.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 65_536
MOST_COLUMNS = 5_000

# The limit belongs to the module of the standard library, not to a reader.
csv.field_size_limit(MAX_VALUE)


class CsvReader:
    """Rows are numbered as a spreadsheet shows them: the header is row 1."""

    name = "csv"
    title = "CSV or TSV"
    extensions: tuple[str, ...] = (".csv", ".tsv", ".tab")
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()

    def recognises(self, path: Path) -> bool:
        """Any table may be one."""
        return True

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows; a ragged or broken one is a RowError. Raises InvalidInput for a wrong encoding or header."""
        progress = Progress()
        return Entries.after(start, _entries(path, progress, whole=start == 0), progress)

    def columns(self, path: Path) -> list[str]:
        """The header. Raises InvalidInput if there is none, or names repeat."""
        encoding = check_encoding(path, whole=False)
        parsed = csv.reader(TextLines(path, encoding, Progress()), delimiter=_delimiter(path, encoding), strict=True)
        return _header(parsed)[0]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(_entries(path, Progress(), whole=False), n))


def _delimiter(path: Path, encoding: str) -> str:
    """The delimiter that cuts the beginning of the file most evenly into more than one column; else the comma."""
    with path.open("r", encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE)
    lines = sample.splitlines(keepends=True)
    if len(sample) == _SAMPLE and len(lines) > 1:
        lines.pop()

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    best = max(DELIMITERS, key=evenness)
    return best if evenness(best)[0] > 0 else ","


def _header(parsed: Iterable[list[str]]) -> tuple[list[str], int]:
    """Names of the columns and the number of their row; a nameless column is called by its place."""
    try:
        for number, cells in enumerate(parsed, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, start=1)]
            if "\x00" in "".join(names):
                raise InvalidInput("The header holds a NUL character. Is this a text file?", field="file")
            if len(names) > MOST_COLUMNS:
                raise InvalidInput(
                    f"The header names {len(names):,} columns; at most {MOST_COLUMNS:,} are supported. Leave "
                    "out those that you do not need, or put them into one column as JSON.",
                    field="file",
                )
            repeated = sorted(name for name, times in Counter(names).items() if times > 1)
            if repeated:
                raise InvalidInput(
                    f"The header names {repeated[0]!r} more than once. Rename one of the columns.", field="file"
                )
            return names, number
    except csv.Error as error:
        raise InvalidInput(f"The header cannot be read: {error}. Mend the first row.", field="file") from None
    raise InvalidInput("The file holds no header. Its first row must name the columns.", field="file")


def _entries(path: Path, progress: Progress, *, whole: bool) -> Iterator[Entry]:
    encoding = check_encoding(path, whole=whole)
    lines = TextLines(path, encoding, progress)
    parsed = csv.reader(lines, delimiter=_delimiter(path, encoding), strict=True)
    names, number = _header(parsed)
    while True:
        number += 1
        try:
            cells = next(parsed, None)
        except csv.Error as error:
            lines.too_long = False
            yield _broken(number, str(error))
            continue
        if cells is None:
            return
        if lines.too_long:
            lines.too_long = False
            yield RowError(number, "", f"The line is longer than {MAX_LINE:,} characters.", "Split the row.")
        elif cells:
            yield _row(number, names, cells)


def _row(number: int, names: list[str], cells: list[str]) -> Row | RowError:
    if len(cells) != len(names):
        return RowError(
            number,
            "",
            f"The row has {len(cells)} values; the header names {len(names)} columns.",
            "Put values that hold the delimiter or a line break in double quotes.",
        )
    fields: dict[str, object] = dict(zip(names, cells, strict=True))
    for name, cell in zip(names, cells, strict=True):
        if "\x00" in cell:
            return RowError(number, name, "The value holds a NUL character.", "Remove it.")
    return Row(number, fields)


def _broken(number: int, reason: str) -> RowError:
    if "field larger" in reason:
        return RowError(
            number,
            "",
            f"A value is longer than {MAX_VALUE:,} characters; perhaps a double quote is never closed.",
            "Close the quote, or shorten the value.",
        )
    return RowError(number, "", f"The row cannot be read: {reason}.", "Double the quotes inside a quoted value.")
