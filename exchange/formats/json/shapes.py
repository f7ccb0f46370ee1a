"""The rows of a JSON document, in whatever shape its writer gave them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exchange.formats.reading import Row, RowError
from ground.errors import InvalidInput
from ground.json_values import Digits, check_value

# Names under which an object has its rows, and nothing else is meant by them.
WRAPPERS = ("data", "items", "records", "rows", "examples", "results", "documents", "texts", "instances")
# Names that a row has, and no table: an object with a word or a number under one is a row by itself.
_OF_ROWS = frozenset(
    {"id", "external_id", "text", "label", "labels", "content", "sentence", "message", "body", "title"}
)
# What a list in the place of a row holds.
_OF_TWO = ("text", "label")
_REMEDY = "Fix it and import it again; the others are not affected."


class Shape:
    """Turns elements into rows: the first that is one says what all are. `what`: one of them, in words."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._kind: type | None = None

    def row(
        self, number: int, value: object, extra: Mapping[str, object] | None = None, *, checked: bool = False
    ) -> Row | RowError:
        """The element as a row. `extra`: more of its columns; `checked`: whether it can be stored is known."""
        if isinstance(value, ValueError):
            return RowError(number, "", f"The {self._what} cannot be read: {value}.", _REMEDY)
        kind = next((kind for kind in (dict, str, list) if isinstance(value, kind)), None)
        if kind is None or (self._kind is not None and kind is not self._kind):
            return RowError(number, "", f"The {self._what} is {self._expected()}.", _REMEDY)
        self._kind = kind
        try:
            if not checked:
                check_value(value)
        except ValueError as error:
            return RowError(number, "", f"The {self._what} cannot be read: {error}.", _REMEDY)
        fields = {**_fields(value), **(extra or {})}
        too_large = [name for name, one in fields.items() if isinstance(one, Digits)]
        return Row(
            number, fields, tuple(f"{name}: the number is too large; it was imported as text." for name in too_large)
        )

    def _expected(self) -> str:
        if self._kind is str:
            return "not a text, as the others are"
        return "not a list […], as the others are" if self._kind is list else "not an object {…}"


def _fields(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"text": value}
    assert isinstance(value, list)  # noqa: S101 - nothing else has a shape
    if len(value) == 2 and all(isinstance(part, str) for part in value):
        return dict(zip(_OF_TWO, value, strict=True))
    return {f"column {place}": part for place, part in enumerate(value, start=1)}


Element = tuple[object, Mapping[str, object] | None]


def elements_of(document: Mapping[str, Any]) -> Iterator[Element]:
    """The elements of an object that was read as a whole, with what its shape says of each. Raises InvalidInput."""
    columns, data = document.get("columns"), document.get("data")
    if isinstance(columns, list) and columns and _all(columns, str) and isinstance(data, list) and _all(data, list):
        yield from _split(columns, data)
        return
    rows = next((document[name] for name in WRAPPERS if _all(document.get(name), (dict, str, list))), None)
    if rows is not None and (len(rows) or len(document) == 1):
        yield from ((row, None) for row in rows)
    elif document and all(isinstance(value, dict) for value in document.values()):
        yield from _of_objects(document)
    elif document and all(isinstance(value, list) for value in document.values()):
        yield from _of_lists(document)
    elif is_row(document):
        yield document, None
    else:
        yield from _named((name, value) for name, value in document.items() if _is_rows(value))


def is_row(document: Mapping[str, Any]) -> bool:
    """Whether the object is a single row, not a table of rows."""
    if any(isinstance(document.get(name), str | int | float) for name in _OF_ROWS):
        return True
    return bool(document) and not any(isinstance(value, list | dict) for value in document.values())


def _all(value: object, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and all(isinstance(one, kinds) for one in value)


def _is_rows(value: object) -> bool:
    return _all(value, (dict, list)) and bool(value)


def _split(columns: list[str], data: Iterable[list[object]]) -> Iterator[Element]:
    """What pandas calls split: names, and rows of values."""
    for row in data:
        if len(row) == len(columns):
            yield dict(zip(columns, row, strict=True)), None
        else:
            reason = f"it has {len(row)} values, and there are {len(columns)} columns"
            yield ValueError(reason), None


def _of_objects(document: Mapping[str, Mapping[str, object]]) -> Iterator[Element]:
    """Columns of values by row, as pandas writes them, or rows by name."""
    inner = list(dict.fromkeys(name for value in document.values() for name in value))
    if inner and all(name.isdecimal() for name in inner) and not all(name.isdecimal() for name in document):
        for name in inner:
            yield {column: values[name] for column, values in document.items() if name in values}, None
        return
    for name, row in document.items():
        # Numbers of rows are no ids: those of another file are the same.
        yield row, None if name.isdecimal() or "id" in row else {"id": name}


def _of_lists(document: Mapping[str, list[object]]) -> Iterator[Element]:
    """Columns of values, or lists of rows by the name of their split."""
    lists = list(document.values())
    plain = not any(isinstance(value, dict | list) for column in lists for value in column)
    one = next(iter(document))
    if plain and len({len(column) for column in lists}) == 1 and (len(lists) > 1 or one not in WRAPPERS):
        for row in zip(*lists, strict=True):
            yield dict(zip(document, row, strict=True)), None
    else:
        yield from _named(document.items())


def _named(lists: Iterable[tuple[str, list[object]]]) -> Iterator[Element]:
    for name, rows in lists:
        for row in rows:
            yield row, {"split": name} if not isinstance(row, dict) or "split" not in row else None


def whole_document(text: str, decoder: json.JSONDecoder) -> Mapping[str, Any] | None:
    """The document, if it is an object; None if it is none. Raises InvalidInput for one nested too deep."""
    try:
        value = decoder.decode(text)
    except RecursionError:
        raise InvalidInput("The file is nested too deep.", field="file") from None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
