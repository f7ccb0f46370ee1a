"""CSV for spreadsheets: a cell that a spreadsheet would run as a formula is neutralised with an apostrophe."""

import csv
import io
import json
from typing import BinaryIO

from exchange.formats.writing import ExportRow

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

    def open(self, stream: BinaryIO, columns: list[str]) -> "CommaSeparatedWriter":
        """A writer on the stream; the header goes out at once."""
        return CommaSeparatedWriter(stream, columns)


class CommaSeparatedWriter:
    """Writes one row a record."""

    def __init__(self, stream: BinaryIO, columns: list[str]) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._columns = columns
        self._writer.writerow(columns)

    def write(self, row: ExportRow) -> None:
        """Append one record."""
        self._writer.writerow([self._cell(row.get(column)) for column in self._columns])

    def _cell(self, value: object) -> object:
        if value is None:
            return ""
        if isinstance(value, str):
            return neutralised(value)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return neutralised("|".join(value))
        if isinstance(value, (dict, list)):
            return neutralised(json.dumps(value, ensure_ascii=False))
        return value

    def close(self) -> None:
        """Hand everything to the stream, which stays open."""
        self._text.flush()
        self._text.detach()
