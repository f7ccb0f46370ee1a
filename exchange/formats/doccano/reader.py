"""doccano JSONL: `label` as [start, end, class], or `entities` and `relations` as objects."""

from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_lines import AnnotatedLines, rows_in, text_in
from exchange.formats.reading import Row
from exchange.formats.records import Record
from exchange.formats.spans import said

_TEXTS = ("text", "data")
_OURS = frozenset({*_TEXTS, "id", "label", "labels", "entities", "relations", "Comments", "external_id"})


class DoccanoReader(AnnotatedLines):
    """Texts with spans, and relations between them. What else stands in a line becomes metadata."""

    name = "doccano"
    title = "doccano JSONL"

    def _knows(self, row: Row) -> bool:
        """`_` names of Prodigy are not doccano's."""
        fields = row.fields
        if not any(isinstance(fields.get(name), str) for name in _TEXTS) or "spans" in fields:
            return False
        triples = fields.get("label", fields.get("labels"))
        listed = isinstance(triples, list) and bool(triples) and all(_triple(one) is not None for one in triples)
        return listed or isinstance(fields.get("entities"), list)

    def _record(self, row: Row) -> Record:
        fields = row.fields
        name = next((one for one in ("entities", "label", "labels") if one in fields), None)
        entities = rows_in(fields, name) if name else []
        relations = [_relation(one) for one in rows_in(fields, "relations")]
        given = fields.get("id")
        metadata: dict[str, Any] = {
            key: value for key, value in fields.items() if key not in _OURS and value is not None
        }
        if given is not None:
            metadata["doccano_id"] = given
        return Record(
            row.number,
            own if isinstance(own := fields.get("external_id"), str) else "",
            text=text_in(row, *_TEXTS),
            label=said([_entity(one) for one in entities], relations) if name else None,
            metadata=metadata,
        )


def _triple(raw: object) -> dict[str, Any] | None:
    if isinstance(raw, list) and len(raw) == 3:
        return {"start": raw[0], "end": raw[1], "label": raw[2]}
    return None


def _entity(raw: object) -> dict[str, Any]:
    triple = _triple(raw)
    if triple is not None:
        return triple
    if not isinstance(raw, dict) or not {"start_offset", "end_offset", "label"} <= raw.keys():
        raise Unreadable("an entity is neither [start, end, class] nor has start_offset, end_offset and label")
    return {"id": raw.get("id"), "start": raw["start_offset"], "end": raw["end_offset"], "label": raw["label"]}


def _relation(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict) or not {"from_id", "to_id", "type"} <= raw.keys():
        raise Unreadable("a relation has not from_id, to_id and type")
    # doccano counts relations and entities by themselves.
    return {"from": raw["from_id"], "to": raw["to_id"], "label": raw["type"]}
