"""doccano JSONL: `label` as [start, end, class], or `entities` and `relations` as objects."""

from typing import Any

from exchange.formats.json_lines import AnnotatedLines, rows_in, text_in
from exchange.formats.reading import Row
from exchange.formats.records import Record
from exchange.formats.spans import counted, said

_TEXTS = ("text", "data")
_LABELS = ("entities", "label", "labels")
_OURS = frozenset({*_TEXTS, *_LABELS, "id", "relations", "external_id"})


class DoccanoReader(AnnotatedLines):
    """Texts with spans, and relations between them. What else stands in a line becomes metadata, `Comments` among it.
    Labels that are words alone are about the whole text: whoever gave them has not looked for spans."""

    name = "doccano"
    title = "doccano JSONL"

    def _knows(self, row: Row) -> bool:
        """Lines with `spans` are Prodigy's."""
        fields = row.fields
        if not any(isinstance(fields.get(name), str) for name in _TEXTS) or "spans" in fields:
            return False
        triples = fields.get("label", fields.get("labels"))
        listed = isinstance(triples, list) and bool(triples) and all(map(_is_triple, triples))
        return listed or isinstance(fields.get("entities"), list)

    def _record(self, row: Row) -> Record:
        fields = row.fields
        # Where several are there, the first that holds something counts.
        names = [name for name in _LABELS if name in fields]
        name = next((one for one in names if fields[one]), names[0] if names else "")
        rows = rows_in(fields, name)
        spans = [_entity(one) for one in rows if not isinstance(one, str)]
        words = len(rows) - len(spans)
        relations = [_relation(one) for one in rows_in(fields, "relations")]
        return Record(
            row.number,
            own if isinstance(own := fields.get("external_id"), str) else "",
            text=text_in(row, *_TEXTS),
            label=said(spans, relations) if fields.get(name) is not None and (spans or not words) else None,
            metadata=_metadata(fields),
            notes=(f"{counted(words, 'label')} about the whole text left out.",) if words else (),
        )


def _metadata(fields: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in fields.items() if key not in _OURS and value is not None}
    if not metadata.get("Comments"):
        metadata.pop("Comments", None)
    given = fields.get("id")
    return metadata if given is None else metadata | {"doccano_id": given}


def _is_triple(raw: object) -> bool:
    return isinstance(raw, list) and len(raw) == 3 and isinstance(raw[0], int) and isinstance(raw[1], int)


def _entity(raw: object) -> object:
    """The span; anything else stays unchanged, and is reported when the value is parsed."""
    if isinstance(raw, list) and len(raw) == 3:
        return {"start": raw[0], "end": raw[1], "label": raw[2]}
    if isinstance(raw, dict):
        names = {"id": "id", "start": "start_offset", "end": "end_offset", "label": "label", "score": "score"}
        return {ours: raw[theirs] for ours, theirs in names.items() if theirs in raw}
    return raw


def _relation(raw: object) -> object:
    """Without its id: doccano numbers relations and entities each by themselves."""
    if not isinstance(raw, dict):
        return raw
    names = {"from": "from_id", "to": "to_id", "label": "type"}
    return {ours: raw[theirs] for ours, theirs in names.items() if theirs in raw}
