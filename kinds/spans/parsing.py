"""A value of spans in normal form, from what people, files and labelers give."""

from collections.abc import Mapping, Sequence

from ground.errors import InvalidValue
from kinds.base import Parsed
from kinds.extent import Extent
from kinds.ids import without_gaps
from kinds.reading import Reading, checked_parts, parts_of, shown
from kinds.spans.reading import Span, read_span, side_by_side, without_doubles
from kinds.spans.relations import Relation, read_relation, without_doubled
from kinds.task import LabelTask

_SHAPE = (
    'A label must look like {"spans": [{"start": 0, "end": 5, "label": "name"}], '
    '"relations": [{"from": "id", "to": "id", "label": "name"}]}.'
)


def parse_spans(
    raw: object, task: LabelTask, extent: Extent, *, mend: bool, parts: Sequence[float | None] | None
) -> Parsed:
    """The value in normal form. Raises InvalidValue."""
    rows, relation_rows = _envelope(raw)
    checked_parts(parts, len(rows))
    reading = Reading(task, mend=mend)
    read = reading.each(rows, "Span", lambda source: read_span(source, extent, parts))
    spans, instead = without_doubles(read, reading)
    if not task.settings.overlapping:
        spans = side_by_side(spans, reading)
    by_id = _by_id(spans, reading)
    by_id.update(_gone(instead, spans, by_id))
    relations = without_doubled(
        reading.each(relation_rows, "Relation", lambda source: read_relation(source, by_id)), reading
    )
    spans.sort(key=lambda span: span.order)
    relations.sort(key=lambda relation: relation.order)
    relation_ids = _name(spans, relations, reading)
    value = {
        "spans": [_span(span) for span in spans],
        "relations": [_relation(relation, name) for relation, name in zip(relations, relation_ids, strict=True)],
    }
    return Parsed(value, parts_of([span.part for span in spans]), reading.notes)


def _envelope(raw: object) -> tuple[list[object], list[object]]:
    if not isinstance(raw, dict) or not isinstance(raw.get("spans"), list):
        raise InvalidValue(_SHAPE, field="value")
    relations = raw.get("relations", [])
    if not isinstance(relations, list):
        raise InvalidValue(_SHAPE, field="value")
    unknown = sorted(shown(key) for key in raw if key not in ("spans", "relations"))
    if unknown:
        raise InvalidValue(f"Unknown field of a label: {unknown[0]}.", field="value")
    return raw["spans"], relations


def _by_id(spans: Sequence[Span], reading: Reading) -> dict[str, Span | None]:
    """The spans by their given ids; of several with the same id the first keeps it, and no relation can refer to it."""
    found: dict[str, Span | None] = {}
    for span in spans:
        if not span.given_id:
            continue
        if span.given_id in found:
            reading.wrong(f"{span.name}: another span has its id.", "It got another.")
            found[span.given_id] = None
            span.given_id = ""
        else:
            found[span.given_id] = span
    return found


def _gone(instead: Mapping[Span, Span], spans: Sequence[Span], by_id: Mapping[str, object]) -> dict[str, Span]:
    """Maps ids of removed duplicates to the spans that stay, for relations."""
    there = set(spans)
    return {
        span.given_id: stays
        for span, stays in instead.items()
        if span.given_id and span.given_id not in by_id and stays in there
    }


def _name(spans: Sequence[Span], relations: Sequence[Relation], reading: Reading) -> list[str]:
    """Assigns every span and relation a unique id."""
    taken = {span.given_id for span in spans}
    relation_ids = []
    for relation in relations:
        double = relation.given_id in taken
        if relation.given_id and double and not reading.mend:
            raise InvalidValue(f"{relation.name}: something else has its id.", field="value")
        relation_ids.append("" if double else relation.given_id)
        taken.add(relation.given_id)
    for span, name in zip(spans, without_gaps([span.given_id for span in spans], taken), strict=True):
        span.id = name
        taken.add(name)
    return without_gaps(relation_ids, taken, "r")


def _span(span: Span) -> dict[str, object]:
    return {
        "id": span.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "attributes": span.attributes,
    }


def _relation(relation: Relation, name: str) -> dict[str, str]:
    return {"id": name, "from": relation.start.id, "to": relation.end.id, "label": relation.label}
