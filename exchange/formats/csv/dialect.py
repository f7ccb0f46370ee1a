"""How a table is written, from its first lines: the separator, and whether quotes have a meaning."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from exchange.formats.csv.records import NO_DELIMITER, Broken, Cells, Dialect, Line, Records
from exchange.formats.reading import Progress
from exchange.formats.text_lines import TextLines

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 65_536
_MOST_LINES = 1_000
# The first line that Excel writes where the sign between cells is not what it takes for granted.
_SEP = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE).fullmatch


def numbered(lines: TextLines, skipped: int = 0) -> Iterator[Line]:
    """The lines with their numbers, from 1; None for one that is too long."""
    for number, line in enumerate(lines, start=1):
        if lines.too_long:
            lines.too_long = False
            yield number, None
        elif number > skipped:
            yield number, line


def dialect_of(path: Path, encoding: str) -> Dialect:
    """What reads the beginning of the file most evenly."""
    lines, whole = _sample(path, encoding)
    told = _SEP(lines[0][1] or "") if lines else None
    if told:
        return _quoting(Dialect(told[1], skipped=1), lines[1:], whole=whole)[1]
    # Where two are as good, the first; of more cells, the better.
    found = [_quoting(Dialect(delimiter), lines, whole=whole) for delimiter in DELIMITERS]
    best = max(found, key=lambda one: (one[0].even, one[0].width))
    if best[0].even > 0:
        return best[1]
    return _quoting(Dialect(NO_DELIMITER), lines, whole=whole)[1]


def is_table(path: Path, encoding: str) -> bool:
    """Whether nearly all of its first lines have as many cells as the first, and that several."""
    lines, whole = _sample(path, encoding)
    if lines and _SEP(lines[0][1] or ""):
        return True
    return len(lines) > 1 and any(
        _quoting(Dialect(delimiter), lines, whole=whole)[0].even >= 0.9 for delimiter in DELIMITERS
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """How well some lines read: the part of them that lies in records as wide as the first, how wide that is, lines
    that make no sense, and records that were quoted rightly."""

    even: float
    width: int
    broken: int
    quoted: int


def _sample(path: Path, encoding: str) -> tuple[list[Line], bool]:
    """The first lines, and whether they are all of the file."""
    taken: list[Line] = []
    size = 0
    for line in islice(numbered(TextLines(path, encoding, Progress())), _MOST_LINES):
        if line[1] is None or size + len(line[1]) > _SAMPLE:
            return taken or [line], False
        size += len(line[1])
        taken.append(line)
    return taken, len(taken) < _MOST_LINES


def _quoting(dialect: Dialect, lines: Sequence[Line], *, whole: bool) -> tuple[_Reading, Dialect]:
    """How the lines read best with this delimiter. Quotes mean what they do in nearly all files, unless they make no
    sense."""
    plain = _reading(dialect, lines, whole=whole)
    best = plain, dialect
    if not any('"' in (line or "") for _, line in lines):
        return best
    if any('\\"' in (line or "") for _, line in lines):
        escaping = replace(dialect, escapes=True)
        read = _reading(escaping, lines, whole=whole)
        if read.even > best[0].even or read.broken < best[0].broken:
            best = read, escaping
    bare = replace(dialect, quotes=False)
    read = _reading(bare, lines, whole=whole)
    # A few odd quotes do not make letters of all the others.
    if best[0].broken and best[0].quoted <= best[0].broken and read.even > best[0].even:
        best = read, bare
    return best


def _reading(dialect: Dialect, lines: Sequence[Line], *, whole: bool) -> _Reading:
    records = Records(lines, dialect, mends=False)
    width = even = broken = all_lines = 0
    for record in records:
        if isinstance(record, Broken):
            # A quote may be closed behind the sample.
            if whole or "never closed" not in record.reason:
                broken += 1
                all_lines += 1
            continue
        width = width or len(record.cells)
        records.width = width
        all_lines += _lines(record)
        if len(record.cells) == width:
            even += _lines(record)
    return _Reading(even / all_lines if width > 1 and all_lines else 0.0, width, broken, records.quoted)


def _lines(record: Cells) -> int:
    return record.last - record.first + 1
