"""Prodigy JSONL: `spans`, `relations` between tokens, and what became of the example, its `answer`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_lines import AnnotatedLines, rows_in, text_in
from exchange.formats.prodigy.relations import Places
from exchange.formats.reading import Row
from exchange.formats.records import RawSaid, Record
from exchange.formats.spans import said

MARKS = ("_input_hash", "_task_hash", "_view_id", "answer")
ANSWERS = ("accept", "reject", "ignore")
# What of a span is kept.
_KEPT = ("start", "end", "label", "attributes", "score")
# Interfaces in which annotators accept or reject suggested spans, and cannot add any.
_SUGGESTED = frozenset({"ner", "spans"})
# Those in which they say what the whole text is: spans are then what caught the eye, and no answer.
_WHOLE = frozenset({"classification", "choice"})
_REJECTED = "It was rejected: its spans became an unconfirmed prediction."
IGNORED = "It was ignored: it was imported without a label."
_ABOUT_ALL = "Its labels are about the whole text: it was not annotated for spans."
_PARTIAL = "A model's suggestion was accepted, without a check that it is complete: it became a prediction."


class ProdigyReader(AnnotatedLines):
    """`accept`: what stands there is the label, unless only what a model suggested was asked about. `reject`: it was
    shown, and is wrong: a prediction. `ignore`: nobody knows; the item has no label. Without an answer the choice at
    the import says who spoke. Classes of whole texts are no answer about spans."""

    name = "prodigy"
    title = "Prodigy JSONL"

    def _knows(self, row: Row) -> bool:
        fields = row.fields
        spans = isinstance(fields.get("spans"), list) and ("tokens" in fields or any(one in fields for one in MARKS))
        return isinstance(fields.get("text"), str) and (spans or "_task_hash" in fields)

    def _record(self, row: Row) -> Record:
        fields, answer = row.fields, row.fields.get("answer")
        if answer is not None and answer not in ANSWERS:
            raise Unreadable(f"its answer is none of {', '.join(ANSWERS)}: {str(answer)[:50]!r}")
        whole = _about_whole(fields)
        has = not whole and any(name in fields for name in ("spans", "relations", "answer"))
        label, notes = _value(fields) if has else (None, (_ABOUT_ALL,) if whole else ())
        record = Record(
            row.number,
            external_id_of(fields),
            text_in(row, "text"),
            prediction=_predicted(fields),
            label=label,
            metadata=metadata_of(fields),
            notes=notes,
        )
        if whole:
            return record
        if answer == "ignore":
            return replace(record, label=None, notes=(IGNORED,))
        if answer == "reject":
            return replace(record, label=None, prediction=label, notes=(*notes, _REJECTED))
        if answer == "accept" and fields.get("_view_id") in _SUGGESTED:
            return replace(record, label=None, prediction=label, notes=(*notes, _PARTIAL))
        return record


def _about_whole(fields: Mapping[str, Any]) -> bool:
    view = fields.get("_view_id")
    if isinstance(view, str):
        return view in _WHOLE
    return isinstance(fields.get("label"), str) or "options" in fields


def external_id_of(fields: Mapping[str, Any]) -> str:
    """The id that our own writer gave it."""
    given = fields.get("external_id")
    return given if isinstance(given, str) else ""


def metadata_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields besides the text that are not answers."""
    meta = fields.get("meta")
    if isinstance(meta, dict):
        return meta
    return {"meta": meta} if meta else {}


def _value(fields: Mapping[str, Any]) -> tuple[RawSaid, tuple[str, ...]]:
    """The value, and what of it could not be taken."""
    tokens = {
        token["id"]: (token.get("start"), token.get("end"))
        for token in rows_in(fields, "tokens")
        if isinstance(token, dict) and isinstance(token.get("id"), int)
    }
    spans = [_span(one, at) for at, one in enumerate(rows_in(fields, "spans"), start=1)]
    places = Places(spans, tokens)
    relations = []
    for number, raw in enumerate(rows_in(fields, "relations"), start=1):
        relation = places.relation(raw, number)
        if relation is not None:
            relations.append(relation)
    return said(places.spans, relations), tuple(places.notes)


def _predicted(fields: Mapping[str, Any]) -> RawSaid | None:
    """The prediction that our own writer adds: spans with scores."""
    given = fields.get("predicted")
    if not isinstance(given, dict):
        return None
    value, _ = _value(given | {"tokens": fields.get("tokens")})
    sure = given.get("score")
    if isinstance(sure, bool) or not isinstance(sure, float | int) or not 0 <= sure <= 1:
        return value
    return replace(value, confidence=float(sure))


def _span(raw: object, number: int) -> object:
    """The span; anything else stays unchanged, and is reported when the value is parsed."""
    if not isinstance(raw, dict):
        return raw
    return {"id": f"s{number}"} | {name: raw[name] for name in _KEPT if raw.get(name) is not None}
