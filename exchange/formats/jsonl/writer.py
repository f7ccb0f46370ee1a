"""JSON Lines: one object a line, UTF-8, byte-exact content."""

import json
from typing import BinaryIO

from exchange.formats.writing import ExportRow


class JsonLines:
    """The format to train from: nothing is altered."""

    name = "jsonl"
    title = "JSON Lines"
    extension = "jsonl"
    media_type = "application/x-ndjson"

    def open(self, stream: BinaryIO, columns: list[str]) -> "JsonLinesWriter":
        """A writer on the stream."""
        return JsonLinesWriter(stream)


class JsonLinesWriter:
    """Writes one row a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

    def write(self, row: ExportRow) -> None:
        """Append one line."""
        self._stream.write(self._encode(row).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""
