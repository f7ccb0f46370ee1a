"""Prodigy JSONL of whole texts: one `label` that people said yes or no to, or `options` of which they accepted some."""

from collections.abc import Mapping
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.json_lines import AnnotatedLines, rows_in, text_in
from exchange.formats.prodigy.reader import ANSWERS, IGNORED, MARKS, external_id_of, metadata_of
from exchange.formats.reading import Row
from exchange.formats.records import RawSaid, Record

_REJECTED = "It was rejected as {}: it was imported without a label."
_NOT_ANY = "It was rejected: it was imported without a label."
_NONE_CHOSEN = "Nothing was chosen: it was imported without a label."


class ProdigyClassesReader(AnnotatedLines):
    """`accept`: the label, or the options that were chosen. `reject` and `ignore`: nobody said what it is; the item has
    no label, as to be told what a text is not is no label either. Without an answer the choice at the import says who
    spoke."""

    name = "prodigy_classes"
    title = "Prodigy JSONL of classes"
    annotates: frozenset[str] = frozenset({"classification"})

    def _knows(self, row: Row) -> bool:
        fields = row.fields
        marked = any(mark in fields for mark in MARKS) and fields.get("answer") in (*ANSWERS, None)
        return isinstance(fields.get("text"), str) and marked and ("options" in fields or "label" in fields)

    def _record(self, row: Row) -> Record:
        fields, answer = row.fields, row.fields.get("answer")
        if answer is not None and answer not in ANSWERS:
            raise Unreadable(f"its answer is none of {', '.join(ANSWERS)}: {str(answer)[:50]!r}")
        names = _chosen(fields) if "options" in fields else _offered(fields)
        label, notes = _meant(fields, names, answer)
        return Record(
            row.number,
            external_id_of(fields),
            text_in(row, "text"),
            label=label,
            metadata=metadata_of(fields),
            notes=notes,
        )


def _meant(fields: Mapping[str, Any], names: list[str], answer: object) -> tuple[RawSaid | None, tuple[str, ...]]:
    if answer == "ignore":
        return None, (IGNORED,)
    if answer == "reject":
        return None, (_NOT_ANY if "options" in fields else _REJECTED.format(", ".join(names)[:100]),)
    if not names and answer is None:
        return None, ()
    if not names and not _several(fields):
        return None, (_NONE_CHOSEN,)
    return RawSaid(names), ()


def _several(fields: Mapping[str, Any]) -> bool:
    """Whether several options could be chosen, so that none of them is an answer."""
    config = fields.get("config")
    return "options" in fields and isinstance(config, dict) and config.get("choice_style") == "multiple"


def _offered(fields: Mapping[str, Any]) -> list[str]:
    label = fields.get("label")
    if label is None:
        return []
    if not isinstance(label, str | int):
        raise Unreadable("its label is not text")
    return [str(label)]


def _chosen(fields: Mapping[str, Any]) -> list[str]:
    accepted = rows_in(fields, "accept")
    if not all(isinstance(one, str | int) for one in accepted):
        raise Unreadable("accept is not a list of options")
    return list(dict.fromkeys(str(one) for one in accepted))
