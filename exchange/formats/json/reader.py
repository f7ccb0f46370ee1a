"""JSON: an array of objects, or an object whose `data` is one; read as a stream."""

import codecs
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

import ijson
from ijson.common import ObjectBuilder

from exchange.formats.reading import Entries, Entry, Progress, Row, RowError, keys_of
from exchange.formats.text_lines import check_encoding
from ground.errors import InvalidInput
from ground.json_values import MAX_DEPTH, check_value

# Values inside one row at most; a larger one is passed over without being kept.
MAX_PARTS = 100_000
_OPENING = ("start_map", "start_array")
_CLOSING = ("end_map", "end_array")


class JsonReader:
    """Rows are numbered by their place in the array, from 1."""

    name = "json"
    title = "JSON"
    extensions: tuple[str, ...] = (".json",)
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()

    def recognises(self, path: Path) -> bool:
        """Any array may be rows."""
        return True

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows; an element that is no object of storable values is a RowError.

        Where the file stops being JSON, a last RowError says so: what came before is kept.
        """
        progress = Progress()
        return Entries.after(start, _entries(path, progress, whole=start == 0), progress)

    def columns(self, path: Path) -> list[str]:
        """The names in the first hundred rows. Raises InvalidInput if none of them is an object."""
        first = self.preview(path, 100)
        if not any(isinstance(entry, Row) for entry in first):
            reason = first[0].reason if first and isinstance(first[0], RowError) else "The array is empty."
            raise InvalidInput(f"The file holds no array of objects. {reason}", field="file")
        return keys_of(first)

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(_entries(path, Progress(), whole=False), n))


def _place_of_rows(file: BinaryIO) -> str:
    """ijson's name of the array's elements: `item` for an array, `data.item` inside an object."""
    beginning = file.read(4096)
    skipped = len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0
    file.seek(skipped)
    first = beginning[skipped:].lstrip()[:1]
    if first not in {b"[", b"{"}:
        raise InvalidInput("The file is neither a JSON array nor an object with data.", field="file")
    return "item" if first == b"[" else "data.item"


def _entries(path: Path, progress: Progress, *, whole: bool) -> Iterator[Entry]:
    if check_encoding(path, whole=whole) == "utf-16":
        raise InvalidInput("The file is UTF-16. Save it as UTF-8.", field="file")
    number = 0
    with path.open("rb") as file:
        progress.source = file
        try:
            for value in _values(file):
                number += 1
                yield _row(number, value)
        except ijson.JSONError as error:
            reason = str(error).splitlines()[0][:200]
            yield RowError(
                number + 1,
                "",
                f"From here on the file is not JSON: {reason}.",
                "Mend the file and import it again; rows that are there already are not imported twice.",
            )
        progress.count = file.tell()


def _values(file: BinaryIO) -> Iterator[Any]:
    """The elements one by one; a ValueError object stands for one that is too deep or too large."""
    place = _place_of_rows(file)
    builder: ObjectBuilder | None = None
    depth = parts = 0
    for where, event, value in ijson.parse(file, use_float=True):
        if depth == 0:
            if where != place or event in _CLOSING:
                continue
            builder, parts = ObjectBuilder(), 0
        depth += (event in _OPENING) - (event in _CLOSING)
        parts += 1
        if builder is not None:
            builder.event(event, value)
        if depth == 0:
            yield builder.value if builder is not None else ValueError("it is nested too deep or holds too much")
            builder = None
        elif depth > MAX_DEPTH or parts > MAX_PARTS:
            builder = None


def _row(number: int, value: Any) -> Row | RowError:
    remedy = "Mend the element and import it again; the others are not affected."
    if not isinstance(value, dict | ValueError):
        return RowError(number, "", "The element is not an object {…}.", remedy)
    try:
        if isinstance(value, ValueError):
            raise value
        check_value(value)
    except ValueError as error:
        return RowError(number, "", f"The element cannot be read: {error}.", remedy)
    return Row(number, value)
