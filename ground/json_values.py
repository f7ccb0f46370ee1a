"""Validation of JSON from outside, so that every value can be stored.
Numbers must be finite, text without NUL or lone surrogates, nesting limited; in requests, numbers must fit a column. In
files, a number too large for any column is kept as written."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

MAX_DEPTH = 50
_LARGEST = 2**63 - 1
# Longest name in the path to a rejected value.
LONGEST_PLACE = 100


# Python parses no longer integers.
_MOST_DIGITS = 4_300


class Digits(str):
    """A number from a file that Python cannot represent, as written."""

    __slots__ = ()


def _whole(text: str) -> object:
    return int(text) if len(text) <= _MOST_DIGITS else Digits(text)


def _real(text: str) -> object:
    number = float(text)
    vanished = not number and any(digit in "123456789" for digit in text.lower().partition("e")[0])
    return number if math.isfinite(number) and not vanished else Digits(text)


def _constant(name: str) -> object:
    """NaN becomes None; Infinity is kept as written."""
    return None if name == "NaN" else Digits(name)


def decoder_of_files() -> json.JSONDecoder:
    """A decoder for numbers of any size, with NaN as null."""
    return json.JSONDecoder(
        parse_int=_whole,
        parse_float=_real,
        parse_constant=_constant,
    )


_OF_FILES = decoder_of_files()


def parse_json(text: str) -> Any:
    """The value of a file. Raises ValueError with a readable reason."""
    value = _read(text, _OF_FILES)
    # Only escapes can hide what a text file cannot contain, and only brackets nest.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        check_value(value)
    return value


def _read(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        # Python parses no numbers of more than some thousand digits.
        raise ValueError(
            str(error) if str(error).startswith("it ") else "it contains a number that is too large"
        ) from None


def parse_request(text: str | bytes) -> Any:
    """A value from a request; its numbers fit columns. Raises ValueError with a readable reason, Unstorable for a
    single bad value."""
    try:
        value = _read(text.decode() if isinstance(text, bytes) else text, _OF_REQUESTS)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    check_value(value, largest=_LARGEST)
    return value


class Unstorable(ValueError):
    """A value that no column can store. `path` leads to it: names and indices joined by dots."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(reason)
        self.path = path


def check_value(value: Any, *, largest: int | None = None) -> None:
    """Raises Unstorable if the value, or one inside it, cannot be stored; `largest` bounds integers.
    Memory grows with depth only: the path is built when a value is rejected."""
    inside: list[Iterator[tuple[str | None, Any]]] = [iter([(None, value)])]
    way: list[str | None] = []
    while inside:
        step = next(inside[-1], None)
        if step is None:
            inside.pop()
            way = way[:-1]
            continue
        place, one = step
        if len(inside) > MAX_DEPTH:
            raise Unstorable(f"it is nested more than {MAX_DEPTH} deep", _path(way[1:2]))
        elif isinstance(one, (dict, list)):
            way.append(place)
            inside.append(_parts(one))
        elif reason := _against(one, largest):
            raise Unstorable(reason, _path([*way, place]))


def _parts(container: dict[str, Any] | list[Any]) -> Iterator[tuple[str | None, Any]]:
    """Index and value; the keys of a dict are yielded as values at the dict's own place."""
    if isinstance(container, list):
        for place, part in enumerate(container):
            yield str(place), part
        return
    for name, part in container.items():
        yield None, name
        yield name, part


def _path(way: Sequence[str | None]) -> str:
    """Truncated: a name may be as long as the request."""
    return ".".join(place[:LONGEST_PLACE] for place in way if place is not None)


def _against(one: Any, largest: int | None) -> str:
    if isinstance(one, str):
        return _against_text(one)
    if isinstance(one, float) and not math.isfinite(one):
        return "it contains a number that is not finite"
    too_large = largest is not None and isinstance(one, int) and abs(one) > largest
    return "it contains a whole number that is too large" if too_large else ""


def _against_text(text: str) -> str:
    if "\x00" in text:
        return "it contains a NUL character (\\u0000)"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it contains half of a character (a lone surrogate)"
    return ""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it contains {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it contains the number {text}, which is too large")
    return number


_OF_REQUESTS = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
