"""Lines of a table as records: a quote may join lines, and one that makes no sense costs no line but its own."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exchange.formats.reading import MAX_VALUE
from exchange.formats.text_lines import MAX_LINE

# The limit belongs to the module of the standard library, not to a reader.
csv.field_size_limit(MAX_VALUE)

# What notes begin with.
DOUBTFUL = ("A quote makes one row", "Its quotes were read as letters")
# What no text file can hold: it stands for an escaped sign while a line is taken apart.
_HELD = {'"': "\udc22", "\\": "\udc5c"}
_ESCAPED = re.compile(r'\\(["\\])')
# Of a file of one column: it stands in no text.
NO_DELIMITER = "\x1f"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written. `quotes`: whether quotes hold values together, `escapes`: whether a quote inside is
    written with a backslash, `skipped`: lines before the header that say this."""

    delimiter: str
    quotes: bool = True
    escapes: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Cells:
    """One record: its lines, from `first` to `last`, and what is doubtful about it."""

    first: int
    last: int
    cells: list[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no record."""

    first: int
    reason: str
    remedy: str


# The number of a line and its text, None where it is too long to be held.
Line = tuple[int, str | None]


class Records:
    """The records of a table. `width`: cells of its header, once that is known; `quoted`: records whose quotes were
    right within one line, which is what makes one that spans several believable; `mends`: whether a line whose quotes
    make no sense is read as if they were letters."""

    def __init__(self, lines: Iterable[Line], dialect: Dialect, *, mends: bool = True) -> None:
        self._lines = iter(lines)
        self._ahead: deque[Line] = deque()
        self._dialect = dialect
        self._mends = mends
        self.width = 0
        self.quoted = 0

    def __iter__(self) -> Iterator[Cells | Broken]:
        while (line := self._next()) is not None:
            record = self._record(*line)
            if record is not None:
                yield record

    def _next(self) -> Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _record(self, number: int, line: str | None) -> Cells | Broken | None:
        """None for a blank line, or a row of empty cells."""
        if line is None:
            return Broken(number, f"The line is longer than {MAX_LINE:,} characters.", "Split the row.")
        if not self._dialect.quotes or '"' not in line:
            cells = self._bare(line)
            if len(line) > MAX_VALUE and any(len(cell) > MAX_VALUE for cell in cells):
                return _too_large(number)
            return Cells(number, number, cells) if any(cells) else None
        return self._quoted(number, line)

    def _bare(self, line: str) -> list[str]:
        """The cells of a line by its delimiters alone."""
        cells = line.rstrip("\r\n").split(self._dialect.delimiter)
        if self._dialect.escapes and "\\" in line:
            return [_ESCAPED.sub(r"\1", cell) for cell in cells]
        return cells

    def _quoted(self, number: int, line: str) -> Cells | Broken | None:
        taken: list[Line] = [(number, line)]
        try:
            cells = next(csv.reader(self._fed(taken), delimiter=self._dialect.delimiter, strict=True), None)
        except csv.Error as error:
            return self._given_up(taken, str(error))
        if cells is None or not any(cells):
            return None
        if self._dialect.escapes:
            cells = [_let_go(cell) for cell in cells]
        last = taken[-1][0]
        if last == number:
            self.quoted += 1
            return Cells(number, number, cells)
        return self._joined(taken, cells)

    def _joined(self, taken: list[Line], cells: list[str]) -> Cells | Broken | None:
        """A record of several lines, unless they are records of their own that a quote swallowed."""
        first, last = taken[0][0], taken[-1][0]
        alone = [len(self._bare(text or "")) == self.width for _, text in taken]
        # Who doubles the quotes inside a value means those around it.
        if self.width < 2 or not alone[0] or any('""' in (text or "") for _, text in taken):
            return Cells(first, last, cells)
        if len(cells) != self.width or (all(alone) and not self.quoted):
            return self._given_up(taken, f"a quote that is opened in line {first:,} is closed in line {last:,} only")
        if not all(alone):
            return Cells(first, last, cells)
        note = (
            f"A quote makes one row of the lines {first:,} to {last:,}, each of which could be a row of its own: check "
            "them."
        )
        return Cells(first, last, cells, note)

    def _fed(self, taken: list[Line]) -> Iterator[str]:
        """The lines of a record as they are asked for, each noted in `taken`."""
        size = len(taken[0][1] or "")
        yield self._held(taken[0][1] or "")
        while size <= MAX_VALUE and (line := self._next()) is not None:
            number, text = line
            if text is None:
                self._ahead.appendleft(line)
                return
            taken.append((number, text))
            size += len(text)
            yield self._held(text)

    def _held(self, line: str) -> str:
        if not self._dialect.escapes or "\\" not in line:
            return line
        return _ESCAPED.sub(lambda found: _HELD[found[1]], line)

    def _given_up(self, taken: list[Line], reason: str) -> Cells | Broken | None:
        """A line whose quotes make no sense; those that were looked at for their sake are read by themselves."""
        self._ahead.extendleft(reversed(taken[1:]))
        number, line = taken[0]
        if "field larger" in reason and len(taken) == 1:
            return _too_large(number)
        if "unexpected end" in reason or "field larger" in reason:
            reason = f"a quote that is opened in line {number:,} is never closed"
        elif len(taken) > 1 and "expected after" in reason:
            reason = f"a quote that is opened in line {number:,} is closed in line {taken[-1][0]:,} amid other text"
        cells = self._bare(line or "")
        if self._mends and len(cells) == self.width:
            return Cells(number, number, cells, f"Its quotes were read as letters: {reason}.")
        remedy = "Double the quotes inside a quoted value, and close each; the lines that follow were read."
        return Broken(number, f"The row cannot be read: {reason}.", remedy)


def _let_go(cell: str) -> str:
    for sign, held in _HELD.items():
        if held in cell:
            cell = cell.replace(held, sign)
    return cell


def _too_large(number: int) -> Broken:
    return Broken(
        number,
        f"A value is longer than {MAX_VALUE:,} characters; perhaps a double quote is never closed.",
        "Close the quote, or shorten the value.",
    )
