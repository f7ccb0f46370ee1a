"""Parsing of relations between spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kinds.reading import MeansNothing, Reading, Source, shown
from kinds.spans.reading import Span
from kinds.spans.settings import SpansSettings

_PARTS = ("id", "from", "to", "label")
_WHICH = {"from": "the span that it comes from", "to": "the span that it goes to"}


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation being parsed. `given_id`: "" if missing."""

    name: str
    given_id: str
    start: Span
    end: Span
    label: str

    @property
    def order(self) -> tuple[tuple[int, int, str], tuple[int, int, str], str]:
        """Its sort key in normal form; unique among relations."""
        return self.start.order, self.end.order, self.label


def read_relation(source: Source, spans: Mapping[str, Span | None]) -> Relation:
    """The relation. `spans`: by given id; None if several had the same. Raises MeansNothing."""
    source.only(_PARTS)
    settings: SpansSettings = source.reading.task.settings
    kind = settings.relation(source.row.get("label"), mend=source.reading.mend)
    if kind is None:
        text = f"{source.name}: the task has no relation type {shown(source.row.get('label'))}."
        # Missing classes can be added, but a relation that the task does not declare is not part of its labels.
        raise MeansNothing(text)
    start, end = (_span(source, key, spans) for key in ("from", "to"))
    for key, span, labels in (("from", start, kind.from_labels), ("to", end, kind.to_labels)):
        if labels is not None and span.label not in labels:
            raise MeansNothing(f"{source.name}: {_WHICH[key]} cannot be {shown(span.label)}.")
    if start is end:
        raise MeansNothing(f"{source.name}: it links a span to itself.")
    return Relation(source.name, source.id, start, end, kind.name)


def _span(source: Source, key: str, spans: Mapping[str, Span | None]) -> Span:
    raw = source.row.get(key)
    if source.reading.mend and isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**18:
        raw = str(raw)
    if not isinstance(raw, str) or raw not in spans:
        raise MeansNothing(f"{source.name}: {_WHICH[key]} does not exist, {shown(raw)}.")
    span = spans[raw]
    if span is None:
        raise MeansNothing(f"{source.name}: {_WHICH[key]} is ambiguous: several spans have the id {shown(raw)}.")
    return span


def without_doubled(relations: Sequence[Relation], reading: Reading) -> list[Relation]:
    """The relations without duplicates. Raises InvalidValue if values are not mended."""
    kept: dict[object, Relation] = {}
    for relation in relations:
        stays = kept.setdefault(relation.order, relation)
        if stays is not relation:
            reading.wrong(f"{relation.name}: it is the same as {stays.name}.")
    return list(kept.values())
