"""The gate for JSON: what is refused is named by its path, and looking takes no more memory than the value."""

import json
import tracemalloc
from typing import Any

import pytest

from ground.json_values import LONGEST_PLACE, MAX_DEPTH, Unstorable, check_value, parse_request


def refused(value: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(Unstorable) as caught:
        check_value(value, **more)
    return str(caught.value), caught.value.path


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "words", "path"),
    [
        ("a\x00b", "NUL", ""),
        ({"a": [{"b": ["x", "\x00"]}]}, "NUL", "a.0.b.1"),
        ({"a": {"\x00": 1}}, "NUL", "a"),
        ([[], [1.0, float("inf")]], "not finite", "1.1"),
        ({"a": "\ud800"}, "half of a character", "a"),
        ({"a": [1, 2**63]}, "too large", "a.1"),
        ({"a": nested(MAX_DEPTH)}, "nested more", "a"),
    ],
)
def test_what_no_column_holds_is_named(value: Any, words: str, path: str) -> None:
    reason, found = refused(value, largest=2**63 - 1)
    assert (words in reason, found) == (True, path)


def test_as_deep_as_is_allowed_passes() -> None:
    check_value(nested(MAX_DEPTH - 1))
    assert "nested" in refused(nested(MAX_DEPTH))[0]


def test_a_name_as_long_as_the_request_costs_no_more_than_itself() -> None:
    """Many values under a long name: their paths together would be a thousand times the request."""
    text = json.dumps({"k" * 10_000: [0] * 60_000})
    tracemalloc.start()
    parse_request(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(text)


def test_the_path_that_is_told_is_short() -> None:
    _, path = refused({"k" * 10_000: ["\x00"]})
    assert path == "k" * LONGEST_PLACE + ".0"
