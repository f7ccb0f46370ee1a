"""The annotations of one text: T for spans, R for relations, A and M for attributes; others are told and left out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from exchange.formats.archives import Unreadable

_LEFT_OUT = {"E": "events", "N": "normalisations", "*": "equivalences", "#": "notes"}


@dataclass
class _Read:
    text: str
    spans: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    # Attributes may stand before what they belong to.
    attributes: list[tuple[str, str, str]] = field(default_factory=list)


Parts = tuple[list[dict[str, Any]], list[dict[str, Any]], tuple[str, ...]]


def read_annotations(lines: str, text: str) -> Parts:
    """(spans, relations, what was left out or changed). Raises Unreadable naming the line."""
    read = _Read(text)
    # Only these end lines: the others may stand in a quoted text.
    for number, line in enumerate(lines.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            _LINES.get(line[0], _unknown)(read, line.lstrip("\ufeff"))
        except (ValueError, IndexError) as error:
            reason = str(error) if isinstance(error, Unreadable) else "it has not the form of brat standoff"
            raise Unreadable(f"line {number}, {line[:60]!r}: {reason}") from None
    for target, name, value in read.attributes:
        if target in read.spans:
            read.spans[target]["attributes"][name] = value
        else:
            read.left["attributes of what is no span"] = read.left.get("attributes of what is no span", 0) + 1
    read.notes += [f"{n:,} {what} left out." for what, n in read.left.items()]
    return list(read.spans.values()), read.relations, tuple(read.notes)


def _span(read: _Read, line: str) -> None:
    name, about, *quoted = line.split("\t", 2)
    label, _, places = about.partition(" ")
    ends = [tuple(int(end) for end in piece.split()) for piece in places.split(";")]
    if not label or any(len(piece) != 2 for piece in ends):
        raise Unreadable("a span needs a class, a start and an end")
    start, end = min(piece[0] for piece in ends), max(piece[1] for piece in ends)
    between = "".join(read.text[one[1] : other[0]] for one, other in pairwise(ends))
    if between.strip():
        read.notes.append(f"{name} is in {len(ends)} pieces: it became one span from the first to the last.")
    elif quoted and _bare("".join(read.text[one[0] : one[1]] for one in ends)) != _bare(quoted[0]):
        read.notes.append(f"{name} quotes {quoted[0][:40]!r}, and the text has {read.text[start:end][:40]!r} there.")
    read.spans[name] = {"id": name, "start": start, "end": end, "label": label, "attributes": {}}


def _bare(text: str) -> str:
    return "".join(text.split())


def _relation(read: _Read, line: str) -> None:
    name, about = line.split("\t")[:2]
    label, *arguments = about.split()
    ends = [argument.partition(":")[2] for argument in arguments]
    if len(ends) != 2 or not all(end[:1] == "T" for end in ends):
        raise Unreadable("a relation joins two spans, Arg1:T1 Arg2:T2")
    read.relations.append({"id": name, "from": ends[0], "to": ends[1], "label": label})


def _attribute(read: _Read, line: str) -> None:
    _, about = line.split("\t")[:2]
    name, target, *value = about.split(" ", 2)
    read.attributes.append((target, name, value[0].strip() if value else "true"))


def _unknown(read: _Read, line: str) -> None:
    what = _LEFT_OUT.get(line[0])
    if what is None:
        raise Unreadable("lines of this kind are not known")
    read.left[what] = read.left.get(what, 0) + 1


_LINES: dict[str, Callable[[_Read, str], None]] = {"T": _span, "R": _relation, "A": _attribute, "M": _attribute}
