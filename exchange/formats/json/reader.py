"""JSON: an array of rows, or an object in one of the shapes that programs give to tables."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from exchange.formats.columns import keys_of
from exchange.formats.json.documents import begins_as_json, is_lines, rows_of
from exchange.formats.reading import Entries, Entry, Progress, Row, RowError
from ground.errors import InvalidInput

EXTENSIONS = (".json", ".jsonl", ".ndjson")


class JsonReader:
    """Rows are numbered by their place, from 1; those of JSON Lines, which this reads, too, by line."""

    name = "json"
    title = "JSON"
    extensions: tuple[str, ...] = EXTENSIONS
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset()
    chooses = frozenset({"encoding"})

    def __init__(self, encoding: str = "") -> None:
        self._encoding = encoding

    def chosen(self, choices: Mapping[str, Any]) -> "JsonReader":
        """A reader of files in the encoding that was chosen."""
        return type(self)(choices.get("encoding", ""))

    def recognises(self, path: Path) -> bool:
        """Whether it is one document of JSON."""
        return begins_as_json(path) and not is_lines(path)

    def knows(self, path: Path) -> bool:
        """The same: nothing else looks like it."""
        return self.recognises(path)

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Rows; an element that is none is a RowError.

        Where the file stops being JSON, a last RowError says so: what came before is kept.
        """
        progress = Progress()
        whole = start == 0
        return Entries.after(start, rows_of(path, progress, encoding=self._encoding, whole=whole), progress)

    def columns(self, path: Path) -> list[str]:
        """The names in the first hundred rows. Raises InvalidInput if there is none."""
        first = self.preview(path, 100)
        if not any(isinstance(entry, Row) for entry in first):
            reason = first[0].reason if first and isinstance(first[0], RowError) else "It is empty."
            raise InvalidInput(f"The file contains no rows of {self.title}. {reason}", field="file")
        return keys_of(first)

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first rows."""
        return list(islice(rows_of(path, Progress(), encoding=self._encoding, whole=False), n))
