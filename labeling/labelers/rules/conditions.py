"""Conditions on an item's metadata: `{"field": "channel", "op": "eq", "value": "mail"}`."""

import math
from collections.abc import Callable
from typing import Any

from ground.errors import InvalidInput
from labeling.labelers.base import LabelerItem

_MISSING = object()


def checked_conditions(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """The rule's conditions in normal form. Raises InvalidInput."""
    conditions = rule.get("conditions", [])
    if not isinstance(conditions, list):
        raise InvalidInput("conditions must be a list.", field="conditions")
    return [_condition(condition) for condition in conditions]


def _condition(condition: object) -> dict[str, Any]:
    if not isinstance(condition, dict) or set(condition) - {"field", "op", "value"}:
        raise InvalidInput("A condition has a field, an op and a value.", field="conditions")
    name, operator, value = condition.get("field"), condition.get("op"), condition.get("value")
    if not isinstance(name, str) or not name:
        raise InvalidInput("A condition needs a metadata field.", field="conditions")
    if operator not in _OPERATORS:
        raise InvalidInput(
            f"The op of a condition must be one of {', '.join(_OPERATORS)}, not {operator!r}.", field="conditions"
        )
    if operator == "exists":
        value = condition.get("value", True)
        fits = isinstance(value, bool)
    elif operator == "in":
        fits = isinstance(value, list) and bool(value)
    elif operator in {"gt", "lt"}:
        fits = _number(value) is not None
    else:
        fits = isinstance(value, str | int | float | bool)
    if not fits:
        needed = {"exists": "true or false", "in": "a list", "gt": "a number", "lt": "a number"}
        raise InvalidInput(
            f"The value for {operator} on {name!r} must be {needed.get(operator, 'a text or a number')}.",
            field="conditions",
        )
    return {"field": name, "op": operator, "value": value}


def _number(value: object) -> float | None:
    """The finite number that a value is or spells, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _same(left: object, right: object) -> bool:
    """Equality as numbers, else as texts ignoring case: files store everything as text."""
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return one == other
    return str(left).casefold() == str(right).casefold()


def _contains(actual: object, value: object) -> bool:
    if isinstance(actual, list):
        return any(_same(part, value) for part in actual)
    return str(value).casefold() in str(actual).casefold()


def _more(actual: object, value: object) -> bool:
    one, other = _number(actual), _number(value)
    return one is not None and other is not None and one > other


_OPERATORS: dict[str, Callable[[object, Any], bool]] = {
    "eq": _same,
    "ne": lambda actual, value: not _same(actual, value),
    "in": lambda actual, value: any(_same(actual, one) for one in value),
    "contains": _contains,
    "gt": _more,
    "lt": lambda actual, value: _more(value, actual),
    "exists": lambda actual, value: value is True,
}


def condition_test(*, field: str, op: str, value: Any) -> Callable[[LabelerItem], bool]:
    """Whether an item satisfies it; a missing field satisfies only `exists: false`."""
    holds = _OPERATORS[op]

    def test(item: LabelerItem) -> bool:
        actual = item.metadata.get(field, _MISSING)
        if actual is _MISSING or actual is None:
            return op == "exists" and value is False
        return holds(actual, value)

    return test
