r"""Classes as people write or paste them: one a line, `Animal > Dog [2] #009e73 | what it means`.

A sign means something only where it stands by itself, with a blank at either side: `C#`, `<=50K`, `a -> b` and
`[other]` are names. A backslash before it makes it part of the name: `Ham \> Eggs`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from datasets.class_trees import joined
from datasets.making import NewClass
from ground.errors import InvalidInput

# What may follow a class's path.
_KEY = re.compile(r"\[([0-9])\]")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_ESCAPED = re.compile(r"(?:(?<=^)|(?<= ))\\(?=[>|](?: |$)|\[[0-9]\]$|#[0-9a-fA-F]{6}$)")


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A line: the path to a class, and what follows it."""

    path: tuple[str, ...]
    key: str = ""
    color: str = ""
    about: str = ""


def class_line(line: str) -> ClassLine | None:
    """What the line says; None where it names no class. In time that grows with its length, however it is made."""
    text, _, about = f" {' '.join(line.split())} ".partition(" | ")
    words = text.split(" ")
    found = {"key": "", "color": ""}
    while len(words) > 1:
        last = words[-1]
        if not last:
            words.pop()
        elif (key := _KEY.fullmatch(last)) and not found["key"]:
            found["key"] = key[1]
            words.pop()
        elif _COLOR.fullmatch(last) and not found["color"]:
            found["color"] = last
            words.pop()
        else:
            break
    names = [name.strip() for name in " ".join(words).split(" > ")]
    path = tuple(_ESCAPED.sub("", name) for name in names if name)
    return ClassLine(path, found["key"], found["color"].lower(), about.strip()) if path else None


def read_classes(text: str, *, most: int) -> list[NewClass]:
    """The classes of all lines, inner ones of a tree made where paths name them. A name that is at several places of
    the tree becomes the path to each. Raises InvalidInput, which names the line."""
    found: dict[tuple[str, ...], ClassLine] = {}
    told: dict[tuple[str, ...], int] = {}
    for number, line in _lines(text):
        for depth in range(1, len(line.path)):
            found.setdefault(line.path[:depth], ClassLine(line.path[:depth]))
        if line.path in told and found[line.path] != line and line != ClassLine(line.path):
            raise InvalidInput(
                f"Line {number}: {line.path[-1]!r} is there already, in line {told[line.path]}.", field="classes"
            )
        if line.path not in told or line != ClassLine(line.path):
            found[line.path] = line
        told.setdefault(line.path, number)
        if len(found) > most:
            raise InvalidInput(f"A dataset can start with at most {most:,} classes.", field="classes")
    places = Counter(path[-1] for path in found)
    names = {path: joined(path) if len(path) > 1 and places[path[-1]] > 1 else path[-1] for path in found}
    return [
        replace(
            NewClass(names[path], key=line.key, color=line.color, description=line.about),
            title="" if names[path] == path[-1] else path[-1],
            parent=names.get(path[:-1], ""),
        )
        for path, line in found.items()
    ]


def _lines(text: str) -> Iterator[tuple[int, ClassLine]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        read = class_line(line)
        if read is None:
            raise InvalidInput(f"Line {number} names no class: {line.strip()[:60]!r}.", field="classes")
        yield number, read
