"""Finds the answer in an LLM's text: the last complete JSON object with the requested keys, after any reasoning.
Offsets are kept, because confidence is measured on the tokens of the answer only."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Tags around reasoning; some servers omit the opening tag.
_THOUGHTS_END = re.compile(r"</(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
_THOUGHTS_BEGIN = re.compile(r"<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
# Longer than any requested answer; a looping model writes megabytes.
_LONGEST = 200_000
_MOST_BEGINNINGS = 2_000
_DECODER = json.JSONDecoder(parse_constant=lambda name: _refuse_constant(name))
_BLANK = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Member:
    """One value of the object, and its position: `text[begin:end]`."""

    value: Any
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A JSON object: its members by lower-case name, and its end. Members of an object that is not valid JSON have no
    position (`begin` is -1)."""

    members: Mapping[str, Member]
    end: int


def answer_object(content: str, key: str) -> FoundObject | None:
    """The last complete object after the reasoning that has the key, ignoring case; None if there is none.
    An outer object with the key takes precedence over objects inside it."""
    begin = _thoughts_end(content)
    if begin is None:
        return None
    begin = max(begin, len(content) - _LONGEST)
    found = [one for one in _objects(content, begin) if key in one.members]
    return found[-1] if found else _nearly_json(content[begin:], key)


def _thoughts_end(content: str) -> int | None:
    """The end of the reasoning; 0 without any, None if it never ends."""
    ends = [found.end() for found in _THOUGHTS_END.finditer(content)]
    end = ends[-1] if ends else 0
    begins = [found.start() for found in _THOUGHTS_BEGIN.finditer(content, end)]
    if not begins:
        return end
    # An opened reasoning tag that is never closed; a tag inside a string of the answer does not count.
    return end if content[end : begins[0]].strip() else None


def _objects(content: str, begin: int) -> Iterator[FoundObject]:
    """Complete objects from there on, outermost ones with members, in the order of their ends."""
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
    """The objects inside, if it is a wrapper, then the object itself."""
    for member in found.members.values():
        if isinstance(member.value, dict) and member.begin > begin:
            inner = _read_object(content, member.begin)
            if inner is not None:
                yield from _within(content, member.begin, inner)
    yield found


def _read_object(content: str, begin: int) -> FoundObject | None:
    """The object that starts there; None if it is incomplete."""
    try:
        _, end = _DECODER.raw_decode(content, begin)
        return FoundObject(_members(content, begin), end)
    except (ValueError, RecursionError):
        return None


def _members(content: str, begin: int) -> dict[str, Member]:
    """Each member with its position. The object is known to be complete."""
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
    """An object with single quotes or a trailing comma, parsed as Python; without positions."""
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
