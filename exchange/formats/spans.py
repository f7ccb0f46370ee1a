"""Values of spans as formats write them, and what most formats cannot carry of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.records import RawSaid

Spans = list[dict[str, Any]]


def said(spans: Sequence[Mapping[str, Any]], relations: Sequence[Mapping[str, Any]] = ()) -> RawSaid:
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
    """So many of them, in words: "1 span", "2 spans"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def no_attributes(spans: Spans) -> list[str]:
    """The loss of attributes."""
    n = sum(bool(span["attributes"]) for span in spans)
    return [f"The attributes of {counted(n, 'span')} are left out."] if n else []


def no_relations(value: Mapping[str, Any]) -> list[str]:
    """The loss of relations."""
    n = len(value["relations"])
    return [f"{counted(n, 'relation')} left out."] if n else []


def no_overlaps(spans: Spans) -> list[str]:
    """The loss of spans that lie in or across others."""
    n = len(spans) - len(side_by_side(spans))
    return [f"{counted(n, 'span')} left out that overlap with others."] if n else []


NO_LABEL = "It has no label, which the format cannot tell from an empty one: the item is left out."
