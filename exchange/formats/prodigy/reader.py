"""Prodigy JSONL: `spans`, `relations` between tokens, and what became of the example, its `answer`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_lines import AnnotatedLines, rows_in, text_in
from exchange.formats.reading import Row
from exchange.formats.records import RawSaid, Record
from exchange.formats.spans import said

_MARKS = ("_input_hash", "_task_hash", "_view_id", "answer")
_OURS = frozenset({"text", "spans", "relations", "tokens", "meta", "answer", "external_id", "predicted"})


class ProdigyReader(AnnotatedLines):
    """`accept`: what stands there is the label. `reject`: it was shown, and is wrong: a prediction. `ignore`: nobody
    knows; the item has no label. Without an answer the choice at the import says who spoke."""

    name = "prodigy"
    title = "Prodigy JSONL"

    def _knows(self, row: Row) -> bool:
        fields = row.fields
        spans = isinstance(fields.get("spans"), list)
        return isinstance(fields.get("text"), str) and (
            (spans and ("tokens" in fields or any(mark in fields for mark in _MARKS))) or "_task_hash" in fields
        )

    def _record(self, row: Row) -> Record:
        text, answer = text_in(row, "text"), row.fields.get("answer")
        if answer not in {None, "accept", "reject", "ignore"}:
            raise Unreadable(f"its answer is none of accept, reject and ignore: {str(answer)[:50]!r}")
        has = any(name in row.fields for name in ("spans", "relations", "answer"))
        value = _value(row.fields) if has else None
        label, prediction = value, _predicted(row.fields)
        notes: tuple[str, ...] = ()
        if answer == "reject":
            label, prediction = None, value
            notes = ("Somebody rejected it: what was shown became a prediction, which no one has confirmed.",)
        elif answer == "ignore":
            label = None
            notes = ("Somebody ignored it: it was taken without a label.",)
        metadata = {"meta": row.fields["meta"]} if row.fields.get("meta") else {}
        given = row.fields.get("external_id")
        return Record(
            row.number,
            external_id=given if isinstance(given, str) else "",
            text=text,
            label=label,
            prediction=prediction,
            metadata=metadata,
            notes=notes,
        )


@dataclass(slots=True)
class _Places:
    """Spans by their ends: relations bring the ends of what they join, and tokens."""

    spans: list[dict[str, Any]]
    tokens: Mapping[object, tuple[object, object]]

    def id_at(self, relation: Mapping[str, Any], side: str) -> str:
        """The id of the span that one side of the relation means. Raises Unreadable."""
        ends = relation.get(f"{side}_span")
        token = relation.get(side)
        if isinstance(ends, dict):
            wanted: tuple[object, object] | None = (ends.get("start"), ends.get("end"))
        else:
            wanted = self.tokens.get(token) if isinstance(token, int) else None
        for span in self.spans:
            if wanted is not None and (span["start"], span["end"]) == wanted:
                return str(span["id"])
        if wanted is None or not isinstance(ends, dict):
            # The head is one token of the span.
            for span in self.spans:
                if wanted is not None and span["start"] <= wanted[0] and wanted[1] <= span["end"]:
                    return str(span["id"])
        label = ends.get("label") if isinstance(ends, dict) else None
        if wanted is None or not isinstance(label, str):
            raise Unreadable(f"a relation's {side} is no span")
        span = {"id": f"s{len(self.spans) + 1}", "start": wanted[0], "end": wanted[1], "label": label}
        self.spans.append(span)
        return str(span["id"])


def _value(fields: Mapping[str, Any]) -> RawSaid:
    spans = [_span(one, at) for at, one in enumerate(rows_in(fields, "spans"), start=1)]
    tokens = {
        token.get("id"): (token.get("start"), token.get("end"))
        for token in rows_in(fields, "tokens")
        if isinstance(token, dict)
    }
    places = _Places(spans, tokens)
    relations = [_relation(one, places) for one in rows_in(fields, "relations")]
    return said(spans, relations)


def _predicted(fields: Mapping[str, Any]) -> RawSaid | None:
    """What our own writer adds of the machine: spans with scores."""
    given = fields.get("predicted")
    if not isinstance(given, dict):
        return None
    value = _value(given)
    sure = given.get("score")
    return RawSaid(value.value, sure if isinstance(sure, float | int) and 0 <= sure <= 1 else None)


def _span(raw: object, number: int) -> dict[str, Any]:
    if not isinstance(raw, dict) or not {"start", "end", "label"} <= raw.keys():
        raise Unreadable(f"its span {number} has not start, end and label")
    if not all(isinstance(raw[end], int) for end in ("start", "end")):
        raise Unreadable(f"the ends of its span {number} are not whole numbers")
    span = {"id": f"s{number}", "start": raw["start"], "end": raw["end"], "label": raw["label"]}
    for more in ("attributes", "score"):
        if raw.get(more) is not None:
            span[more] = raw[more]
    return span


def _relation(raw: object, places: _Places) -> dict[str, Any]:
    if not isinstance(raw, dict) or not isinstance(raw.get("label"), str):
        raise Unreadable("a relation has no label")
    return {"from": places.id_at(raw, "head"), "to": places.id_at(raw, "child"), "label": raw["label"]}
