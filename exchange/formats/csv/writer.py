"""CSV for spreadsheets: a cell that a spreadsheet would run as a formula is neutralised with an apostrophe."""

import csv
import io
import json
from collections.abc import Sequence

from exchange.formats.csv.formulas import neutralised
from exchange.formats.flat import Columns
from exchange.formats.writing import About, ExportItem, Target


class CommaSeparated:
    """RFC 4180 with a header row; numbers stay numbers, lists and nested values are JSON."""

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
        if about.mark:
            # Without it, Excel on Windows reads the file in the computer's code page.
            self._text.write("\ufeff")
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
        if isinstance(value, (dict, list)):
            return neutralised(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        return value

    def close(self) -> None:
        """Hand everything to the stream, which stays open."""
        self._text.flush()
        self._text.detach()
