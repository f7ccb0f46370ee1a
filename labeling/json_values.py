"""The one gate for JSON from outside: values that a database can hold.

Finite numbers, no NUL, no halves of characters, no bottomless nesting; from requests no number larger than a column's.
"""

import json
import math
from typing import Any

MAX_DEPTH = 50
_LARGEST = 2**63 - 1


def parse_json(text: str) -> Any:
    """The value. Raises ValueError with a reason for people."""
    value = _parsed(text)
    # Only escapes can hide what a text file cannot hold, and only brackets can nest.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        check_value(value)
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        # Python reads no number of more than some thousand digits.
        raise ValueError(
            str(error) if str(error).startswith("it ") else "it holds a number that is too large"
        ) from None


def parse_request(text: str | bytes) -> Any:
    """A value that came with a request; its numbers fit columns. Raises ValueError with a reason for people, Unstorable
    where one value is wrong."""
    try:
        value = _parsed(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    check_value(value, largest=_LARGEST)
    return value


class Unstorable(ValueError):
    """A value that no column holds. `path` leads to it: names and places with dots between them."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(reason)
        self.path = path


def check_value(value: Any, *, largest: int | None = None) -> None:
    """Raises Unstorable if the value, or any value inside, cannot be stored; `largest`: of whole numbers."""
    waiting: list[tuple[Any, int, str]] = [(value, 1, "")]
    while waiting:
        one, depth, path = waiting.pop()
        if depth > MAX_DEPTH:
            raise Unstorable(f"it is nested more than {MAX_DEPTH} deep", path.partition(".")[0])
        if isinstance(one, dict):
            waiting.extend((part, depth + 1, f"{path}.{name}".lstrip(".")) for name, part in one.items())
            waiting.extend((name, depth, path) for name in one)
        elif isinstance(one, list):
            waiting.extend((part, depth + 1, f"{path}.{place}".lstrip(".")) for place, part in enumerate(one))
        elif reason := _against(one, largest):
            raise Unstorable(reason, path)


def _against(one: Any, largest: int | None) -> str:
    if isinstance(one, str):
        return _against_text(one)
    if isinstance(one, float) and not math.isfinite(one):
        return "it holds a number that is not finite"
    too_large = largest is not None and isinstance(one, int) and abs(one) > largest
    return "it holds a whole number that is too large" if too_large else ""


def _against_text(text: str) -> str:
    if "\x00" in text:
        return "it holds a NUL character (\\u0000)"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it holds half of a character (a lone surrogate)"
    return ""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds the number {text}, which is too large")
    return number
