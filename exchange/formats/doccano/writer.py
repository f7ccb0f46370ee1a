"""doccano JSONL with entities and relations, as doccano itself imports and exports them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.spans import lost_spans, no_attributes
from exchange.formats.writing import About, ExportItem, Target


class Doccano:
    """One text a line."""

    name = "doccano"
    title = "doccano JSONL"
    extension = "jsonl"
    media_type = "application/x-ndjson"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "DoccanoWriter":
        """A writer on the target."""
        return DoccanoWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Attributes."""
        return list(lost_spans(item, no_attributes))


class DoccanoWriter:
    """Writes one item a line; ids of entities are whole numbers, as doccano wants them, and no two in the file alike,
    as doccano's own are."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream
        self._next = 1

    def write(self, item: ExportItem) -> None:
        """Append one line."""
        row = {**(item.metadata or {}), "id": item.id, "text": item.text, "external_id": item.external_id}
        for name in ("data", "label", "labels", "entities", "relations", "spans"):
            row.pop(name, None)
        if item.value is not None:
            row |= self._said(item.value)
        self._stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def _said(self, value: Mapping[str, Any]) -> dict[str, Any]:
        ids = {span["id"]: self._next + at for at, span in enumerate(value["spans"])}
        self._next += len(ids)
        first, self._next = self._next, self._next + len(value["relations"])
        return {
            "entities": [
                {"id": ids[one["id"]], "label": one["label"], "start_offset": one["start"], "end_offset": one["end"]}
                for one in value["spans"]
            ],
            "relations": [
                {"id": at, "from_id": ids[one["from"]], "to_id": ids[one["to"]], "type": one["label"]}
                for at, one in enumerate(value["relations"], start=first)
            ],
        }

    def close(self) -> None:
        """Nothing is held back."""
