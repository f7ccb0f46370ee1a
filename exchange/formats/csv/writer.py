"""CSV for spreadsheets: a cell that a spreadsheet would run as a formula is neutralised with an apostrophe."""

import csv
import io
import json
from collections.abc import Sequence

from exchange.formats.flat import Columns
from exchange.formats.writing import About, ExportItem, Target

# What Excel, LibreOffice and Google Sheets take for the start of a formula, also behind blanks.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def neutralised(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet might run it (CWE-1236)."""
    if text.startswith(_FORMULA_STARTS) or (text[:1].isspace() and text.lstrip().startswith(_FORMULA_STARTS)):
        return "'" + text
    return text


class CommaSeparated:
    """RFC 4180 with a header row; numbers stay numbers, nested values are JSON."""

    name = "csv"
    title = "CSV"
    extension = "csv"
    media_type = "text/csv"
    carries = None

    def open(self, target: Target, about: About) -> "CommaSeparatedWriter":
        """A writer on the target; the header goes out at once."""
        return CommaSeparatedWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Nothing is lost but what a spreadsheet would take for a formula, which gets an apostrophe in front."""
        return ()


class CommaSeparatedWriter:
    """Writes one row a record."""

    def __init__(self, target: Target, about: About) -> None:
        self._text = io.TextIOWrapper(target.stream, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._columns = Columns(about)
        self._writer.writerow(self._columns.names)

    def write(self, item: ExportItem) -> None:
        """Append one record."""
        self._writer.writerow(map(self._cell, self._columns.row(item).values()))

    def _cell(self, value: object) -> object:
        if value is None:
            return ""
        if isinstance(value, str):
            return neutralised(value)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return neutralised("|".join(value))
        if isinstance(value, (dict, list)):
            return neutralised(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        return value

    def close(self) -> None:
        """Hand everything to the stream, which stays open."""
        self._text.flush()
        self._text.detach()
