"""JSON Lines: one object a line, UTF-8."""

import codecs
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from exchange.formats.reading import MAX_VALUE, Entries, Entry, Progress, Row, RowError, keys_of
from ground.errors import InvalidInput
from ground.json_values import parse_json

_REMEDY = "Mend the line and import it again; the other lines are not affected."


class JsonlReader:
    """Rows are numbered by line; blank lines are passed over."""

    name = "jsonl"
    title = "JSON Lines"
    extensions: tuple[str, ...] = (".jsonl", ".ndjson")
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()

    def recognises(self, path: Path) -> bool:
        """Any lines of JSON may be rows."""
        return True

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows; a line that is not an object of storable values is a RowError."""
        progress = Progress()
        return Entries.after(start, lines_of(path, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """The names in the first hundred rows. Raises InvalidInput if none of them is an object."""
        first = self.preview(path, 100)
        if not any(isinstance(entry, Row) for entry in first):
            reason = first[0].reason if first and isinstance(first[0], RowError) else "It holds no lines."
            raise InvalidInput(f"The file is not JSON Lines, one object a line: {reason}", field="file")
        return keys_of(first)

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(lines_of(path, Progress()), n))


def lines_of(path: Path, progress: Progress, longest: int = MAX_VALUE) -> Iterator[Row | RowError]:
    """The lines as objects, blank ones left out. `longest`: bytes of one. Raises InvalidInput for UTF-16."""
    with path.open("rb") as file:
        progress.source = file
        number = position = 0
        while line := file.readline(longest + 1):
            number += 1
            begin, position = position, position + len(line)
            if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InvalidInput("The file is UTF-16. Save it as UTF-8.", field="file")
            if len(line) > longest and not line.endswith(b"\n"):
                position += _rest_of_line(file)
                yield RowError(number, "", f"The line is longer than {longest:,} bytes.", "Shorten the line.")
                continue
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield _row(number, line, begin)
        progress.count = position


def _rest_of_line(file: BinaryIO) -> int:
    """Pass over what is left of a line; its bytes."""
    passed = 0
    while part := file.readline(MAX_VALUE):
        passed += len(part)
        if part.endswith(b"\n"):
            break
    return passed


def _row(number: int, line: bytes, begin: int) -> Row | RowError:
    try:
        value = parse_json(line.decode().strip())
    except UnicodeDecodeError as error:
        byte, place = line[error.start], begin + error.start
        reason = f"The line is not UTF-8: byte 0x{byte:02x} at position {place:,} of the file."
        return RowError(number, "", reason, "Save the file as UTF-8.")
    except ValueError as error:
        return RowError(number, "", f"The line cannot be read: {error}.", _REMEDY)
    if not isinstance(value, dict):
        return RowError(number, "", "The line is not an object {…}.", _REMEDY)
    return Row(number, value)
