"""The annotations of one text: T for spans, R for relations, A and M for attributes; others are reported."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from exchange.formats.archives import Unreadable

_LEFT_OUT = {
    "E": "an event",
    "N": "a normalisation",
    "*": "an equivalence",
    "#": "a note",
}
# No place in a text has more digits.
_MOST_DIGITS = 10

Ends = tuple[int, int]


@dataclass
class Annotations:
    """What a file of annotations says. `quotes`: the words of each span as the file has them, with its pieces;
    `notes`: what was left out or changed, each naming its line."""

    spans: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)
    quotes: dict[str, tuple[Sequence[Ends], str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    # Attributes may stand before what they belong to.
    attributes: list[tuple[int, str, str, str]] = field(default_factory=list)


def read_annotations(lines: str) -> Annotations:
    """Only the unreadable line itself is lost, with a note."""
    read = Annotations()
    # Only these end lines: the others may stand in a quoted text.
    for number, line in enumerate(lines.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            _LINES.get(line[0], _unknown)(read, number, line)
        except (ValueError, IndexError) as error:
            reason = str(error) if isinstance(error, Unreadable) else "it is not in brat standoff format"
            read.notes.append(f"Line {number}, {line[:40]!r}, was left out: {reason}.")
    for number, target, name, value in read.attributes:
        if target in read.spans:
            read.spans[target]["attributes"][name] = value
        else:
            read.notes.append(f"Line {number} was left out: it is an attribute of {target[:20]}, which is not a span.")
    return read


def fit(read: Annotations, text: str) -> int:
    """How many spans have in this text the words that the file quotes."""
    return sum(_same(text, *quote) for quote in read.quotes.values())


def told_of(read: Annotations, text: str) -> Iterator[str]:
    """What people should know of the spans: pieces that became one, and other words than those quoted."""
    for name, (pieces, quote) in read.quotes.items():
        if any(text[one[1] : other[0]].strip() for one, other in pairwise(pieces)):
            yield f"{name} has {len(pieces)} pieces: it became one span from the first to the last."
        if not _same(text, pieces, quote):
            there = text[pieces[0][0] : pieces[-1][1]]
            yield f"{name} quotes {quote[:40]!r}, and the text has {there[:40]!r} there."


def _same(text: str, pieces: Sequence[Ends], quote: str) -> bool:
    return not quote or _bare("".join(text[start:end] for start, end in pieces)) == _bare(quote)


def _bare(text: str) -> str:
    return "".join(text.split())


def _span(read: Annotations, number: int, line: str) -> None:
    name, about, *quoted = line.split("\t", 2)
    label, _, places = about.partition(" ")
    pieces = sorted(_ends(piece) for piece in places.split(";"))
    if not label:
        raise Unreadable("it has no class")
    if name in read.spans:
        raise Unreadable("another span has its id")
    read.spans[name] = {
        "id": name,
        "start": pieces[0][0],
        "end": max(end for _, end in pieces),
        "label": label,
        "attributes": {},
    }
    read.quotes[name] = pieces, quoted[0] if quoted else ""


def _ends(piece: str) -> Ends:
    start, end = piece.split()
    if len(start) > _MOST_DIGITS or len(end) > _MOST_DIGITS:
        raise Unreadable("its offset is too large")
    return int(start), int(end)


def _relation(read: Annotations, number: int, line: str) -> None:
    name, about = line.split("\t")[:2]
    label, *arguments = about.split()
    ends = [argument.partition(":")[2] for argument in arguments]
    if len(ends) != 2 or not all(end[:1] == "T" for end in ends):
        raise Unreadable("a relation joins two spans, Arg1:T1 Arg2:T2")
    read.relations.append({"id": name, "from": ends[0], "to": ends[1], "label": label})


def _attribute(read: Annotations, number: int, line: str) -> None:
    _, about = line.split("\t")[:2]
    name, target, *value = about.rstrip().split(" ", 2)
    read.attributes.append((number, target, name, value[0] if value else "true"))


def _unknown(read: Annotations, number: int, line: str) -> None:
    what = _LEFT_OUT.get(line[0])
    raise Unreadable(f"it is {what}" if what else "lines of this kind are not supported")


_LINES: dict[str, Callable[[Annotations, int, str], None]] = {
    "T": _span,
    "R": _relation,
    "A": _attribute,
    "M": _attribute,
}
