"""doccano JSONL with entities and relations, as doccano itself imports and exports them."""

import json
from collections.abc import Sequence

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
    """Writes one item a line; ids of entities are whole numbers, as doccano wants them."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream
        self._next = 1

    def write(self, item: ExportItem) -> None:
        """Append one line."""
        row: dict[str, object] = {"id": item.id, "text": item.text}
        if item.value is not None:
            ids = {span["id"]: self._next + at for at, span in enumerate(item.value["spans"])}
            self._next += len(ids)
            row["entities"] = [
                {"id": ids[one["id"]], "label": one["label"], "start_offset": one["start"], "end_offset": one["end"]}
                for one in item.value["spans"]
            ]
            row["relations"] = [
                {"id": at, "from_id": ids[one["from"]], "to_id": ids[one["to"]], "type": one["label"]}
                for at, one in enumerate(item.value["relations"], start=self._next)
            ]
            self._next += len(item.value["relations"])
        row |= {"external_id": item.external_id} | (item.metadata or {})
        self._stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""
