"""JSON Lines: a value a line, blank lines passed over."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from exchange.formats.json.shapes import Shape
from exchange.formats.reading import MAX_VALUE, Progress, Row, RowError
from exchange.formats.text_lines import opened_as_utf_8
from ground.json_values import parse_json

_REMEDY = "Fix the line and import it again; the other lines are not affected."


def lines_of(path: Path, progress: Progress, *, encoding: str, longest: int = MAX_VALUE) -> Iterator[Row | RowError]:
    """The lines as rows, numbered by line. `longest`: bytes of one."""
    shape = Shape("line")
    with opened_as_utf_8(path, encoding, progress) as file:
        number = position = 0
        while line := file.readline(longest + 1):
            number += 1
            begin, position = position, position + len(line)
            if len(line) > longest and not line.endswith(b"\n"):
                position += _rest_of_line(file)
                yield RowError(number, "", f"The line is longer than {longest:,} bytes.", "Shorten the line.")
                continue
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield _row(shape, number, line, begin)
    progress.count = path.stat().st_size


def _rest_of_line(file: IO[bytes]) -> int:
    """Pass over what is left of a line; its bytes."""
    passed = 0
    while part := file.readline(MAX_VALUE):
        passed += len(part)
        if part.endswith(b"\n"):
            break
    return passed


def _row(shape: Shape, number: int, line: bytes, begin: int) -> Row | RowError:
    try:
        value = parse_json(line.decode().strip())
    except UnicodeDecodeError as error:
        byte, place = line[error.start], begin + error.start
        reason = f"The line is not UTF-8: byte 0x{byte:02x} at position {place:,} of the file."
        return RowError(number, "", reason, "Save the file as UTF-8, or choose its encoding.")
    except ValueError as error:
        return RowError(number, "", f"The line cannot be read: {error}.", _REMEDY)
    return shape.row(number, value, checked=True)
