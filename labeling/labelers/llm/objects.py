"""Where the answer stands in what an LLM wrote: behind its thoughts, the last whole JSON object with the asked keys.

Offsets are kept, because how sure the model was is measured on the tokens of the answer, and on no others.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What reasoning models put around their thoughts; some servers leave out the opening mark.
_THOUGHTS_END = re.compile(r"</(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
_THOUGHTS_BEGIN = re.compile(r"<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
# Longer than any answer that was asked for; a model that loops writes megabytes.
_LONGEST = 200_000
_MOST_BEGINNINGS = 2_000
_DECODER = json.JSONDecoder(parse_constant=lambda name: _refuse_constant(name))
_BLANK = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Member:
    """One value of the object, and where it stands in the text: `text[begin:end]`."""

    value: Any
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A JSON object: its members by their names in small letters, and where it ends. Members of an object that is not
    quite JSON stand nowhere (`begin` is -1)."""

    members: Mapping[str, Member]
    end: int


def answer_object(content: str, key: str) -> FoundObject | None:
    """The last whole object behind the thoughts that has the key, in letters of either case; None if there is none.

    An object that surrounds it and has the key itself counts, not what lies in it.
    """
    begin = _thoughts_end(content)
    if begin is None:
        return None
    begin = max(begin, len(content) - _LONGEST)
    found = [one for one in _objects(content, begin) if key in one.members]
    return found[-1] if found else _nearly_json(content[begin:], key)


def _thoughts_end(content: str) -> int | None:
    """Where the thoughts end; 0 without any, None where they go on to the end."""
    ends = [found.end() for found in _THOUGHTS_END.finditer(content)]
    end = ends[-1] if ends else 0
    begins = [found.start() for found in _THOUGHTS_BEGIN.finditer(content, end)]
    if not begins:
        return end
    # Thoughts that were begun and never ended; a mark in the middle of an answer's string is none.
    return end if content[end : begins[0]].strip() else None


def _objects(content: str, begin: int) -> Iterator[FoundObject]:
    """Whole objects from there on, the outermost that has members of its own, in the order of their ends."""
    place = begin
    for _ in range(_MOST_BEGINNINGS):
        place = content.find("{", place)
        if place < 0:
            return
        found = _read_object(content, place)
        if found is None:
            place += 1
            continue
        yield from _within(content, place, found)
        place = found.end


def _within(content: str, begin: int, found: FoundObject) -> Iterator[FoundObject]:
    """What lies in the object, if it is a wrapper of one, and then itself."""
    for member in found.members.values():
        if isinstance(member.value, dict) and member.begin > begin:
            inner = _read_object(content, member.begin)
            if inner is not None:
                yield from _within(content, member.begin, inner)
    yield found


def _read_object(content: str, begin: int) -> FoundObject | None:
    """The object that begins there; None if it is not whole."""
    try:
        _, end = _DECODER.raw_decode(content, begin)
        return FoundObject(_members(content, begin), end)
    except (ValueError, RecursionError):
        return None


def _members(content: str, begin: int) -> dict[str, Member]:
    """Each member with its place. The object is known to be whole."""
    members: dict[str, Member] = {}
    place = _skip(content, begin + 1)
    while content[place] != "}":
        name, place = _DECODER.raw_decode(content, place)
        place = _skip(content, _skip(content, place) + 1)
        value, end = _DECODER.raw_decode(content, place)
        members[str(name).strip().casefold()] = Member(value, place, end)
        place = _skip(content, end)
        if content[place] == ",":
            place = _skip(content, place + 1)
    return members


def _skip(content: str, place: int) -> int:
    while content[place] in _BLANK:
        place += 1
    return place


def _nearly_json(content: str, key: str) -> FoundObject | None:
    """An object with single quotes or a comma too many, as Python would write it; without places to measure."""
    for found in reversed(list(re.finditer(r"\{[^{}]*\}", content))[-20:]):
        try:
            value = ast.literal_eval(found.group())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            members = {str(name).strip().casefold(): Member(one, -1, -1) for name, one in value.items()}
            if key in members:
                return FoundObject(members, found.end())
    return None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
