"""brat standoff: a zip of texts with their annotations, and the configuration that brat needs to show them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames
from exchange.formats.spans import Span, lost_spans
from exchange.formats.writing import About, ExportItem, Target
from kinds.ids import made_up

_NO_WORD = re.compile(r"[^\w-]")
_LINE_END = re.compile(r"[\r\n]+")
# brat numbers spans and relations behind these letters.
_NUMBERED = {letter: re.compile(rf"{letter}(?:0|[1-9][0-9]{{0,8}})") for letter in "TR"}


class Brat:
    """Two members an item. Names of classes, relations and attributes are words without blanks or signs, values of
    attributes have no blanks."""

    name = "brat"
    title = "brat standoff (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "BratWriter":
        """A writer on the target."""
        return BratWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Names and values that are no single words. An item without a label has no file of annotations."""
        if item.value is None:
            return []
        told = list(lost_spans(item, _lost))
        for number, one in enumerate(item.value["relations"], start=1):
            if word(one["label"]) != one["label"]:
                label = one["label"]
                told.append(f"Relation {number}, {label} (id {one['id']}): it is written {word(label)!r}.")
        if "\r" in item.text:
            told.append("brat may count line ends of two characters as one: places behind them are then shifted.")
        return told


def _lost(span: Span) -> Iterator[str]:
    if word(span["label"]) != span["label"]:
        yield f"its class {span['label']!r} is written {word(span['label'])!r}"
    for name, value in span["attributes"].items():
        if (word(name), _value(value)) != (name, value):
            yield f"its attribute {name!r}, {value[:60]!r}, is written {word(name)!r}, {_value(value)[:60]!r}"


class BratWriter:
    """Writes a text and its annotations."""

    def __init__(self, target: Target, about: About) -> None:
        self._target = target
        self._about = about
        self._names = MemberNames()

    def write(self, item: ExportItem) -> None:
        """Append one text."""
        stem = self._names.stem(item)
        self._target.write_member(f"{stem}.txt", item.text.encode())
        if item.value is not None:
            self._target.write_member(f"{stem}.ann", "".join(_lines(item.value, item.text)).encode())

    def close(self) -> None:
        """Write the configuration."""
        task = self._about.task
        # Without the first of the relations brat reports overlapping spans as errors.
        overlaps = "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>"
        lines = ["[entities]", *map(word, task.names), "", "[relations]", overlaps]
        lines += [f"{word(one.name)}\tArg1:<ENTITY>, Arg2:<ENTITY>" for one in task.settings.relations]
        lines += ["", "[events]", "", "[attributes]"]
        for name, one in task.settings.attributes.items():
            values = f", Value:{'|'.join(map(_value, one.values))}" if one.values else ""
            lines.append(f"{word(name)}\tArg:<ENTITY>{values}")
        self._target.write_member("annotation.conf", ("\n".join(lines) + "\n").encode())


def word(name: str) -> str:
    """The name as brat takes it."""
    return _NO_WORD.sub("_", name)


def _value(value: str) -> str:
    return "_".join(value.split()) or "_"


def _lines(value: Mapping[str, Any], text: str) -> Iterator[str]:
    names = _names([span["id"] for span in value["spans"]], "T")
    number = 0
    for span in value["spans"]:
        name = names[span["id"]]
        pieces = _pieces(span["start"], span["end"], text)
        places = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(text[start:end] for start, end in pieces)
        yield f"{name}\t{word(span['label'])} {places}\t{_LINE_END.sub(' ', words)}\n"
        for attribute, told in sorted(span["attributes"].items()):
            number += 1
            yield f"A{number}\t{word(attribute)} {name} {_value(told)}\n"
    relations = _names([one["id"] for one in value["relations"]], "R")
    for one in value["relations"]:
        ends = f"Arg1:{names[one['from']]} Arg2:{names[one['to']]}"
        yield f"{relations[one['id']]}\t{word(one['label'])} {ends}\t\n"


def _names(ids: Sequence[str], letter: str) -> dict[str, str]:
    """What brat calls them: as they are called, where that is a name of brat's."""
    own = {name for name in ids if _NUMBERED[letter].fullmatch(name)}
    free = made_up(own, letter)
    return {name: name if name in own else next(free) for name in ids}


def _pieces(start: int, end: int, text: str) -> list[tuple[int, int]]:
    """The span without line ends, which brat lets no piece cross; whole if it begins or ends with one."""
    pieces, at = [], start
    for line_end in _LINE_END.finditer(text, start, end):
        if at < line_end.start():
            pieces.append((at, line_end.start()))
        at = line_end.end()
    if at < end:
        pieces.append((at, end))
    whole = pieces and pieces[0][0] == start and pieces[-1][1] == end
    return pieces if whole else [(start, end)]
