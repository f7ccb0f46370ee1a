"""JSON Lines: one object a line, UTF-8, byte-exact content."""

import json
from collections.abc import Sequence

from exchange.formats.flat import Columns
from exchange.formats.writing import About, ExportItem, Target


class JsonLines:
    """The format to train from: nothing is altered."""

    name = "jsonl"
    title = "JSON Lines"
    extension = "jsonl"
    media_type = "application/x-ndjson"
    carries = None

    def open(self, target: Target, about: About) -> "JsonLinesWriter":
        """A writer on the target."""
        return JsonLinesWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Nothing is lost."""
        return ()


class JsonLinesWriter:
    """Writes one row a line."""

    def __init__(self, target: Target, about: About) -> None:
        self._stream = target.stream
        self._columns = Columns(about)
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

    def write(self, item: ExportItem) -> None:
        """Append one line."""
        self._stream.write(self._encode(self._columns.row(item)).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""
