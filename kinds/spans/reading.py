"""Parsing of spans from people, files and labelers; duplicates and overlaps."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from kinds.attributes import read_attributes
from kinds.extent import Extent
from kinds.reading import MeansNothing, Reading, Source, whole

_PARTS = ("id", "start", "end", "label", "attributes")
# No text is longer.
_LONGEST = 2**53


# Spans compare by identity until they have ids.
@dataclass(slots=True, eq=False)
class Span:
    """One span being parsed. `name`: for messages; `given_id`: "" if missing; `id`: the final one."""

    name: str
    given_id: str
    start: int
    end: int
    label: str
    attributes: dict[str, str]
    part: float | None
    id: str = field(default="")

    @property
    def order(self) -> tuple[int, int, str]:
        """Its sort key in normal form; unique among spans."""
        return self.start, -self.end, self.label


def read_span(source: Source, extent: Extent, given: Sequence[float | None] | None) -> Span:
    """The span. Raises MeansNothing, InvalidValue."""
    source.only(_PARTS)
    label = source.label()
    start, end = _ends(source, extent)
    declared = source.reading.task.settings.attributes
    return Span(source.name, source.id, start, end, label, read_attributes(source, label, declared), source.part(given))


def _ends(source: Source, extent: Extent) -> tuple[int, int]:
    mend = source.reading.mend
    start, end = (whole(source.row.get(key), mend=mend) for key in ("start", "end"))
    if start is None or end is None:
        raise MeansNothing(f"{source.name}: its start and end are not whole numbers.")
    if start >= end:
        raise MeansNothing(f"{source.name}: its end does not come after its start.")
    length = _LONGEST if extent.length is None else extent.length
    if start >= 0 and end <= length:
        return start, end
    text = f"{source.name}: it does not lie within the text"
    text += "." if extent.length is None else f", which is {length:,} characters long."
    cut = max(start, 0), min(end, length)
    if not mend or cut[0] >= cut[1]:
        raise MeansNothing(text)
    source.reading.note(f"{source.name}: it was cut to the text.")
    return cut


def without_doubles(spans: Sequence[Span], reading: Reading) -> tuple[list[Span], dict[Span, Span]]:
    """The spans without duplicates (same ends and class): the more confident one stays; with a mapping from removed to
    kept spans. Raises InvalidValue if values are not mended."""
    kept: dict[tuple[int, int, str], Span] = {}
    instead: dict[Span, Span] = {}
    for span in sorted(spans, key=_sureness):
        stays = kept.setdefault(span.order, span)
        if stays is not span:
            instead[span] = stays
    for span in spans:
        if span in instead:
            reading.wrong(f"{span.name}: it is the same as {instead[span].name}.")
    return [span for span in spans if span not in instead], instead


def side_by_side(spans: Sequence[Span], reading: Reading) -> list[Span]:
    """The spans without overlaps: the more confident one stays, then the longer. Raises InvalidValue if values are not
    mended."""
    kept: list[tuple[int, int, Span]] = []
    gone: set[Span] = set()
    for span in sorted(spans, key=_sureness):
        at = bisect_left(kept, (span.start,), key=lambda one: one[:1])
        before = kept[at - 1][2] if at and kept[at - 1][1] > span.start else None
        other = before or (kept[at][2] if at < len(kept) and kept[at][0] < span.end else None)
        if other is None:
            insort(kept, (span.start, span.end, span), key=lambda one: one[:1])
        else:
            gone.add(span)
            reading.wrong(f"{span.name}: it overlaps with {other.name}, and spans of this task must not overlap.")
    return [span for span in spans if span not in gone]


def _sureness(span: Span) -> tuple[float, int, int, str]:
    return -1.0 if span.part is None else -1.0 - span.part, span.start - span.end, span.start, span.label
