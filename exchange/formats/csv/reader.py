"""CSV with a header: comma, semicolon, tab or bar, with quotes or without, in any encoding."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats.columns import OUR_COLUMNS
from exchange.formats.csv.dialect import dialect_of, is_table, numbered
from exchange.formats.csv.formulas import restored
from exchange.formats.csv.records import Broken, Cells, Records
from exchange.formats.encodings import encoding_of
from exchange.formats.json.documents import begins_as_json
from exchange.formats.reading import Entries, Entry, Progress, Row, RowError
from exchange.formats.text_lines import TextLines, check_encoding, is_text
from ground.errors import InvalidInput

MOST_COLUMNS = 5_000


class CsvReader:
    """Rows are numbered by the line of the file that they begin in."""

    name = "csv"
    title = "CSV or TSV"
    extensions: tuple[str, ...] = (".csv", ".tsv", ".tab")
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()
    chooses = frozenset({"encoding"})

    def __init__(self, encoding: str = "") -> None:
        self._encoding = encoding

    def chosen(self, choices: Mapping[str, Any]) -> "CsvReader":
        """A reader of files in the encoding that was chosen."""
        return CsvReader(choices.get("encoding", ""))

    def recognises(self, path: Path) -> bool:
        """Any text may be a table, unless it is JSON."""
        return is_text(path) and not begins_as_json(path)

    def knows(self, path: Path) -> bool:
        """Whether its lines fall into as many cells each."""
        with suppress(UnicodeError):
            return self.recognises(path) and is_table(path, self._encoding or encoding_of(path, whole=False))
        return False

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows; a broken one, or one with more cells than the header, is a RowError. Raises InvalidInput for a wrong
        encoding or header."""
        progress = Progress()
        return Entries.after(start, self._entries(path, progress, whole=start == 0), progress)

    def columns(self, path: Path) -> list[str]:
        """The header. Raises InvalidInput if there is none, or names repeat."""
        return _header(self._records(path, Progress(), whole=False))

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(self._entries(path, Progress(), whole=False), n))

    def _records(self, path: Path, progress: Progress, *, whole: bool) -> Records:
        encoding = check_encoding(path, whole=whole, encoding=self._encoding)
        dialect = dialect_of(path, encoding)
        return Records(numbered(TextLines(path, encoding, progress), dialect.skipped), dialect)

    def _entries(self, path: Path, progress: Progress, *, whole: bool) -> Iterator[Entry]:
        records = self._records(path, progress, whole=whole)
        names = _header(records)
        records.width = len(names)
        ours = set(names) >= OUR_COLUMNS
        nameless = frozenset(name for place, name in enumerate(names, start=1) if name == f"column {place}")
        for record in records:
            if isinstance(record, Broken):
                yield RowError(record.first, "", record.reason, record.remedy)
            else:
                if ours:
                    record.cells[:] = map(restored, record.cells)
                yield _row(record, names, nameless)


def _header(records: Records) -> list[str]:
    """Names of the columns; a nameless column is called by its place."""
    for record in records:
        if isinstance(record, Broken):
            raise InvalidInput(f"The header cannot be read. {record.reason} Fix the first row.", field="file")
        cells = record.cells
        if not any(cell.strip() for cell in cells):
            continue
        names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, start=1)]
        check_header(names)
        return names
    raise InvalidInput("The file has no header. Its first row must name the columns.", field="file")


def check_header(names: list[str]) -> None:
    """Raises InvalidInput for names that are no columns'."""
    if "\x00" in "".join(names):
        raise InvalidInput("The header contains a NUL character. Is this a text file?", field="file")
    if len(names) > MOST_COLUMNS:
        raise InvalidInput(
            f"The header names {len(names):,} columns; at most {MOST_COLUMNS:,} are supported. Leave "
            "out those that you do not need, or put them into one column as JSON.",
            field="file",
        )
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise InvalidInput(f"The header names {repeated[0]!r} more than once. Rename one of the columns.", field="file")


def _row(record: Cells, names: list[str], nameless: Collection[str]) -> Row | RowError:
    cells, width = record.cells, len(names)
    # Spreadsheets leave out empty cells at the end of a row, or write more of them than there are columns.
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    if len(cells) > width:
        where = "" if record.first == record.last else f" in the lines {record.first:,} to {record.last:,}"
        return RowError(
            record.first,
            "",
            f"The row{where} has {len(cells)} values; the header names {width} columns.",
            "Put values that hold the delimiter or a line break in double quotes.",
        )
    cells += [""] * (width - len(cells))
    for name, cell in zip(names, cells, strict=True):
        if "\x00" in cell:
            return RowError(record.first, name, "The value contains a NUL character.", "Remove it.")
    fields: dict[str, object] = {
        name: cell for name, cell in zip(names, cells, strict=True) if cell or name not in nameless
    }
    return Row(record.first, fields, (record.note,) if record.note else ())
