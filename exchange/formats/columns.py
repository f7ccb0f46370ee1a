"""Columns of rows, nested ones included: `data.text` is `text` in the object `data`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from exchange.formats.reading import Entry, Row

# Columns that only our own exports have together: their meaning is known, not guessed.
OUR_COLUMNS = frozenset({"external_id", "source", "policy_version"})
# Limits of nested names that become columns: their number and their depth.
_MOST_NESTED = 200
_DEEPEST = 3


def keys_of(entries: Iterable[Entry]) -> list[str]:
    """Names of all fields of these rows, in the order in which they first appear, and behind them the names inside of
    objects, joined with dots."""
    names: dict[str, Any] = {}
    nested: dict[str, Any] = {}
    for entry in entries:
        if isinstance(entry, Row):
            names.update(dict.fromkeys(entry.fields))
            for name, value in entry.fields.items():
                nested.update(dict.fromkeys(_inside(name, value, _DEEPEST)))
    return [*names, *islice((name for name in nested if name not in names), _MOST_NESTED)]


def _inside(name: str, value: object, depth: int) -> Iterator[str]:
    # Numbers by name are what each class has got, and no columns.
    if not isinstance(value, dict) or not depth or all(isinstance(one, int | float) for one in value.values()):
        return
    for key, one in value.items():
        yield f"{name}.{key}"
        yield from _inside(f"{name}.{key}", one, depth - 1)


def field_of(fields: Mapping[str, object], column: str) -> object:
    """The value in a column. None if there is none."""
    if column in fields or "." not in column:
        return fields.get(column)
    parts = column.split(".")
    for cut in range(1, len(parts)):
        inside = fields.get(".".join(parts[:cut]))
        if isinstance(inside, dict):
            return field_of(inside, ".".join(parts[cut:]))
    return None


def without(fields: Mapping[str, object], columns: Collection[str]) -> dict[str, Any]:
    """What is left of the fields without these columns, and without what says nothing."""
    nested = [column for column in columns if "." in column]
    left: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None or name in columns:
            continue
        if nested and isinstance(value, dict):
            inner = [column[len(name) + 1 :] for column in nested if column.startswith(f"{name}.")]
            if inner:
                value = without(value, inner)
                if not value:
                    continue
        left[name] = value
    return left
