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
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        # Python reads no number of more than some thousand digits.
        raise ValueError(
            str(error) if str(error).startswith("it ") else "it holds a number that is too large"
        ) from None
    # Only escapes can hide what a text file cannot hold, and only brackets can nest.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        check_value(value)
    return value


def parse_request(text: str | bytes) -> Any:
    """A value that came with a request; its numbers fit columns. Raises ValueError with a reason for people."""
    try:
        value = parse_json(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    check_value(value, largest=_LARGEST)
    return value


def check_value(value: Any, *, largest: int | None = None) -> None:
    """Raises ValueError if the value, or any value inside, cannot be stored; `largest`: of whole numbers."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        if isinstance(one, dict):
            waiting.extend((part, depth + 1) for part in one.values())
            waiting.extend((name, depth) for name in one)
        elif isinstance(one, list):
            waiting.extend((part, depth + 1) for part in one)
        elif isinstance(one, str):
            _check_text(one)
        elif largest is not None and isinstance(one, int) and abs(one) > largest:
            raise ValueError("it holds a whole number that is too large")
        elif isinstance(one, float) and not math.isfinite(one):
            raise ValueError("it holds a number that is not finite")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ValueError("it holds a NUL character (\\u0000)")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a character (a lone surrogate)") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds the number {text}, which is too large")
    return number
