"""JSON Lines: one object a line."""

from pathlib import Path

from exchange.formats.json.documents import begins_as_json, is_lines
from exchange.formats.json.reader import JsonReader


class JsonlReader(JsonReader):
    """Rows are numbered by line; blank lines are passed over. One document of JSON is read as well."""

    name = "jsonl"
    title = "JSON Lines"

    def recognises(self, path: Path) -> bool:
        """Whether it is a value a line."""
        return begins_as_json(path) and is_lines(path)
