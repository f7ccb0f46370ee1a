"""Formats of one JSON object a line that bring texts with their labels."""

from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.json.documents import rows_of
from exchange.formats.json.reader import EXTENSIONS
from exchange.formats.reading import Entry, Progress, Row, RowError
from exchange.formats.records import Record
from ground.errors import InvalidInput

# Bytes of one line: a text with thousands of spans, and all of its tokens.
LONGEST_LINE = 32_000_000
# Lines that are sampled to recognise the format.
_LOOKED_AT = 20


class AnnotatedLines(AnnotatedTexts):
    """`_record` turns one object into an item, `_knows` tells whether an object can only be of this format."""

    extensions: tuple[str, ...] = EXTENSIONS

    @abstractmethod
    def _record(self, row: Row) -> Record:
        """The object as an item. Raises Unreadable."""

    @abstractmethod
    def _knows(self, row: Row) -> bool: ...

    def recognises(self, path: Path) -> bool:
        """Whether one of the first lines can only be of this format."""
        try:
            first = list(islice(rows_of(path, Progress(), longest=LONGEST_LINE, shaped=False), _LOOKED_AT))
        except InvalidInput:
            return False
        return any(isinstance(entry, Row) and self._knows(entry) for entry in first)

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        for entry in rows_of(path, progress, longest=LONGEST_LINE, shaped=False):
            if not isinstance(entry, Row):
                yield entry
                continue
            try:
                yield self._record(entry)
            except Unreadable as error:
                remedy = "Fix the line and import it again; the other lines are not affected."
                yield RowError(entry.number, "", f"The line cannot be read: {error}.", remedy)


def text_in(row: Row, *names: str) -> str:
    """The text under the first of these names that has one. Raises Unreadable."""
    for name in names:
        text = row.fields.get(name)
        if isinstance(text, str) and text.strip():
            return text
    raise Unreadable(f"it has no text in {' or '.join(names)}")


def rows_in(fields: object, name: str) -> list[object]:
    """The list under that name, empty if there is none. Raises Unreadable if it is something else."""
    rows = fields.get(name) if isinstance(fields, dict) else None
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise Unreadable(f"{name} is not a list")
    return rows
