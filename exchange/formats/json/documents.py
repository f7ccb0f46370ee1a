"""JSON files: one document, or a value per line, detected from the content and not from the name."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from exchange.formats.encodings import encoding_of
from exchange.formats.json.lines import lines_of
from exchange.formats.json.shapes import WRAPPERS, Element, Shape, elements_of, is_row, whole_document
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.reading import MAX_VALUE, Progress, Row, RowError
from exchange.formats.text_lines import UTF_8S, check_encoding, opened_as_utf_8
from ground.errors import InvalidInput
from ground.json_values import decoder_of_files

# What is read to tell the shape of a file.
_LOOKED_AT = 1 << 20
# Lines of which one has to be an object by itself, where the first is none.
_LINES = 20
# An object of at most this many bytes is read as a whole, in any shape.
_MOST_WHOLE = 16_000_000
_MARK = b"\xef\xbb\xbf"


def begins_as_json(path: Path) -> bool:
    """Whether the first sign that is no blank opens an object or a list that is one, as far as can be seen."""
    beginning = _beginning(path)
    if beginning[:1] not in {"{", "["}:
        return False
    rest = beginning[1:].lstrip()[:1]
    return rest in ({'"', "}"} if beginning[0] == "{" else set('[{"]-0123456789tfnNI'))


def is_lines(path: Path) -> bool:
    """Whether the file holds a value a line, and not one document."""
    beginning = _beginning(path)
    try:
        value, end = decoder_of_files().raw_decode(beginning)
    except (ValueError, RecursionError):
        # The first line is broken, or the document breaks off.
        return beginning[:1] != "[" and any(map(_is_object, beginning.splitlines()[:_LINES]))
    rest = beginning[end:].strip()
    if not isinstance(value, dict):
        return rest[:1] in {"{", "["}
    return bool(rest) or (is_row(value) and "\n" not in beginning[:end])


def _is_object(line: str) -> bool:
    try:
        return line[:1] == "{" and isinstance(decoder_of_files().decode(line), dict)
    except (ValueError, RecursionError):
        return False


def _beginning(path: Path) -> str:
    with suppress(InvalidInput), opened_as_utf_8(path, encoding_of(path, whole=False), Progress()) as file:
        return file.read(_LOOKED_AT).removeprefix(_MARK).decode("utf-8", "ignore").lstrip()
    # The reader will report it.
    return ""


def rows_of(
    path: Path,
    progress: Progress,
    *,
    encoding: str = "",
    whole: bool = True,
    longest: int = MAX_VALUE,
    shaped: bool = True,
) -> Iterator[Row | RowError]:
    """The rows of the file. `whole`: whether all of it is looked at to tell its encoding; `longest`: bytes of a line,
    characters of an element; `shaped`: whether an object may be a table in another shape, or is a row. Raises
    InvalidInput for a file that is not text in its encoding, or no JSON."""
    if is_lines(path):
        encoding = encoding or encoding_of(path, whole=whole)
        # Of UTF-8 a wrong byte costs its line alone.
        if encoding not in UTF_8S:
            check_encoding(path, whole=whole, encoding=encoding)
        yield from lines_of(path, progress, encoding=encoding, longest=longest)
        return
    encoding = check_encoding(path, whole=whole, encoding=encoding)
    shape = Shape("element")
    number = 0
    with opened_as_utf_8(path, encoding, progress) as file:
        try:
            for value, extra in _elements(file, path.stat().st_size, longest, shaped=shaped):
                number += 1
                yield shape.row(number, value, extra)
        except JsonEnds as error:
            yield RowError(
                number + 1,
                "",
                f"From here on the file is not JSON: {error}.",
                "Fix the file and import it again; rows that already exist are not imported twice.",
            )
    progress.count = path.stat().st_size


def _elements(file: io.BufferedReader, size: int, longest: int, *, shaped: bool) -> Iterator[Element]:
    beginning = file.peek(4_096)
    first = beginning.removeprefix(_MARK).lstrip()[:1]
    if first not in {b"[", b"{"}:
        raise InvalidInput("The file is neither a JSON array nor an object with data.", field="file")
    if first == b"{" and size <= _MOST_WHOLE:
        text = file.read()
        document = whole_document(text.decode("utf-8-sig"), decoder_of_files())
        if document is not None:
            yield from elements_of(document) if shaped else [(document, None)]
            return
        file = io.BufferedReader(io.BytesIO(text))
    for name, value in parts(file, longest=longest):
        yield from _streamed(name, value)


def _streamed(name: str, value: Any) -> Iterator[Element]:
    """An element of an array on top, or of one that an object has under a name."""
    if not name or name in WRAPPERS:
        yield value, None
    else:
        yield value, None if isinstance(value, dict) and "split" in value else {"split": name}
