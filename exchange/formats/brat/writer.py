"""brat standoff: a zip of texts with their annotations, and the configuration that brat needs to show them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames
from exchange.formats.spans import counted
from exchange.formats.writing import About, ExportItem, Target

_NO_WORD = re.compile(r"[^\w-]")
_LINE_END = re.compile(r"[\r\n]+")


class Brat:
    """Two members an item. Names of classes, relations and attributes are words without blanks or signs."""

    name = "brat"
    title = "brat standoff (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "BratWriter":
        """A writer on the target."""
        return BratWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Names and values that are no single words."""
        if item.value is None:
            return []
        names = {span["label"] for span in item.value["spans"]} | {one["label"] for one in item.value["relations"]}
        names |= {name for span in item.value["spans"] for name in span["attributes"]}
        lost = [f"{name!r} is written {word(name)!r}." for name in sorted(names) if word(name) != name]
        values = sum(
            any(_value(value) != value for value in span["attributes"].values()) for span in item.value["spans"]
        )
        if values:
            lost.append(f"In values of attributes of {counted(values, 'span')} blanks become _.")
        if "\r" in item.text:
            lost.append("brat counts line ends of two characters as one: places behind them are shifted there.")
        return lost


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
        lines = ["[entities]", *map(word, task.names), "", "[relations]"]
        lines += [f"{word(one.name)}\tArg1:<ENTITY>, Arg2:<ENTITY>" for one in task.settings.relations]
        lines += ["", "[events]", "", "[attributes]"]
        for name, one in task.settings.attributes.items():
            values = "|".join(map(_value, one.values)) if one.values else "true"
            lines.append(f"{word(name)}\tArg:<ENTITY>, Value:{values}")
        self._target.write_member("annotation.conf", ("\n".join(lines) + "\n").encode())


def word(name: str) -> str:
    """The name as brat takes it."""
    return _NO_WORD.sub("_", name)


def _value(value: str) -> str:
    return "_".join(value.split()) or "_"


def _lines(value: Mapping[str, Any], text: str) -> list[str]:
    lines, names, number = [], {}, 0
    for at, span in enumerate(value["spans"], start=1):
        names[span["id"]] = f"T{at}"
        pieces = _pieces(span["start"], span["end"], text)
        places = ";".join(f"{start} {end}" for start, end in pieces)
        quoted = _LINE_END.sub(" ", " ".join(text[start:end] for start, end in pieces))
        lines.append(f"T{at}\t{word(span['label'])} {places}\t{quoted}\n")
        for name, told in sorted(span["attributes"].items()):
            number += 1
            lines.append(f"A{number}\t{word(name)} T{at} {_value(told)}\n")
    for at, one in enumerate(value["relations"], start=1):
        lines.append(f"R{at}\t{word(one['label'])} Arg1:{names[one['from']]} Arg2:{names[one['to']]}\t\n")
    return lines


def _pieces(start: int, end: int, text: str) -> list[tuple[int, int]]:
    """The span without line ends, which brat lets no piece cross; whole if it is nothing else."""
    pieces, at = [], start
    for line_end in _LINE_END.finditer(text, start, end):
        if at < line_end.start():
            pieces.append((at, line_end.start()))
        at = line_end.end()
    if at < end:
        pieces.append((at, end))
    whole = pieces and pieces[0][0] == start and pieces[-1][1] == end
    return pieces if whole else [(start, end)]
