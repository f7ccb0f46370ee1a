"""Values of spans as formats write them, and what formats cannot carry of them, in words that name each element."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.records import RawSaid
from exchange.formats.writing import ExportItem

Span = dict[str, Any]
Spans = list[Span]

NO_LABEL = "It has no label, which the format cannot distinguish from an empty label: the item is left out."
# How much of a text is quoted.
_QUOTED = 30


def said(spans: Sequence[object], relations: Sequence[object] = ()) -> RawSaid:
    """A value of these spans and relations, as yet unchecked."""
    return RawSaid({"spans": list(spans), "relations": list(relations)} if relations else {"spans": list(spans)})


def side_by_side(spans: Spans) -> Spans:
    """The spans without those that begin in one that was kept: of normal form, where the longer comes first."""
    kept: Spans = []
    for span in spans:
        if not kept or span["start"] >= kept[-1]["end"]:
            kept.append(span)
    return kept


def counted(n: int, one: str, many: str = "") -> str:
    """The number in words: "1 span", "2 spans"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def quoted(text: str) -> str:
    """The text in quotes, its beginning if it is long."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


def lost_spans(item: ExportItem, lost: Callable[[Span], Iterator[str]]) -> Iterator[str]:
    """What is lost of each span of the item's label, as `lost` says it."""
    for number, span in enumerate(item.value["spans"] if item.value is not None else (), start=1):
        for text in lost(span):
            words = quoted(item.text[span["start"] : span["end"]])
            yield f"Span {number}, {words} (id {span['id']}): {text}."


def no_attributes(span: Span) -> Iterator[str]:
    """The loss of attributes."""
    if span["attributes"]:
        yield f"its attributes are left out, {', '.join(span['attributes'])}"


def no_overlaps(item: ExportItem) -> Callable[[Span], Iterator[str]]:
    """The loss of spans that are inside others or overlap them."""
    kept = {span["id"] for span in side_by_side(item.value["spans"])} if item.value is not None else set()

    def lost(span: Span) -> Iterator[str]:
        if span["id"] not in kept:
            yield "it overlaps with another, and is left out"

    return lost


def lost_relations(value: Mapping[str, Any] | None) -> Iterator[str]:
    """The loss of all relations."""
    for number, one in enumerate(value["relations"] if value is not None else (), start=1):
        yield f"Relation {number}, {one['label']} (id {one['id']}): the format has none, it is left out."
