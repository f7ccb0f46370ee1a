"""Parsing of cells, in the variants that people and programs write."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.columns import field_of
from exchange.formats.records import RawSaid
from ground.composing import composed

MAX_ID = 300
# How a list or an object in JSON begins; and what stands in a pre-label, as the API gives it.
_OPENING = ("[", "{")
_PRELABEL = frozenset({"value", "confidence", "parts", "empty"})
_DECIMAL_COMMA = re.compile(r"^(\d+),(\d+)")
# What a sum of numbers with rounded ends may miss the bounds by.
_ROUNDING = 1e-6
# Shares from which a class has been given, where each has one of its own.
_GIVEN = 0.5
# A list as Python and numpy write it: words in quotes, or numbers, with commas or blanks between them.
_WORD = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?"""
_PYTHON_LIST = re.compile(rf"\[\s*(?:(?:{_WORD})(?:\s*,\s*|\s+(?=['\"\d-])|\s*(?=\])))*\]", re.DOTALL).fullmatch
_WORDS = re.compile(_WORD, re.DOTALL).findall
_LONGEST_LIST = 100_000


class Unfit(Exception):
    """A value that does not fit its target."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.field, self.reason, self.remedy = field, reason, remedy


class Values:
    """One row's values, by target. `several`: whether an item may have several classes, or none. All methods raise
    Unfit."""

    __slots__ = ("columns", "fields", "several")

    def __init__(self, fields: Mapping[str, object], columns: Mapping[str, str], *, several: bool = False) -> None:
        self.fields = fields
        self.columns = columns
        self.several = several

    def _value(self, target: str) -> object:
        column = self.columns.get(target)
        return None if column is None else field_of(self.fields, column)

    def short(self, target: str) -> str:
        """The value as one line of text, empty if there is none."""
        value = self._value(target)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit(self.columns[target], "The value is not a text or a number.", "Enter one text or number.")
        return str(value).strip()

    def external_id(self) -> str:
        """The id, empty if no column is."""
        identifier = composed(self.short("external_id"))
        if "external_id" not in self.columns:
            return ""
        column = self.columns["external_id"]
        if not identifier:
            raise Unfit(column, "The id is empty.", "Set an id in every row, or map no column to external_id.")
        if len(identifier) > MAX_ID:
            raise Unfit(column, f"The id has {len(identifier):,} characters.", f"Use at most {MAX_ID}.")
        return identifier

    def text(self) -> str:
        """The unchanged text."""
        value = self._value("text")
        column = self.columns.get("text", "text")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise Unfit(column, "The value is not a text.", "Enter one text.")
        if value is None or not value.strip():
            raise Unfit(column, "The text is empty.", "Add a text, or remove the row.")
        return value

    def said(self, target: str, separator: str | None) -> RawSaid | None:
        """Class names or a value, None for an empty cell. Without a separator a text is one name. An empty list means
        that no class applies, where that is allowed."""
        value = self._value(target)
        if isinstance(value, str) and value.lstrip()[:1] in _OPENING:
            read = _list_or_object_in(value)
            value = value if read is None else read
        if value is None:
            return None
        if isinstance(value, dict):
            return self._object(target, value)
        if isinstance(value, list):
            return self._listed(target, value)
        whole = name_of(value)
        if whole is None:
            raise Unfit(self.columns[target], "The value is not a text or a number.", "Enter one text or number.")
        names = [name.strip() for name in (whole.split(separator) if separator else [whole])]
        names = [composed(name) for name in names if name]
        return RawSaid(names) if names else None

    def _listed(self, target: str, value: Sequence[object]) -> RawSaid | None:
        if not value:
            return RawSaid([]) if self.several else None
        if all(one is None or one == "" for one in value):
            return None
        names = [name_of(one) for one in value]
        if any(name is None for name in names):
            raise Unfit(self.columns[target], "The list must contain class names only.", 'Write ["a", "b"].')
        return RawSaid([composed(name.strip()) for name in names if name and name.strip()])

    def _object(self, target: str, given: dict[str, Any]) -> RawSaid | None:
        """A value of the task kind, a pre-label (the value with how sure it is), or a share for each class."""
        if given and all(isinstance(share, int | float) for share in given.values()):
            return self._shares(target, given)
        if not isinstance(given.get("value"), dict) or not set(given) <= _PRELABEL:
            return RawSaid(given) if given else None
        column = self.columns[target]
        parts = given.get("parts")
        if parts is not None and not isinstance(parts, list):
            raise Unfit(column, "parts is not a list.", "Enter a number for each element.")
        shares = {name: share_of(given.get(name)) for name in ("confidence", "empty")}
        for name, share in shares.items():
            if share is None and given.get(name) is not None:
                raise Unfit(
                    column, f"Its {name} is not a number from 0 to 1.", "Enter a number such as 0.87, or leave it out."
                )
        return RawSaid(given["value"], shares["confidence"], parts, shares["empty"])

    def _shares(self, target: str, given: Mapping[str, float]) -> RawSaid | None:
        """The classes that have been given, as spaCy's cats tell them: a machine is between 0 and 1, people are not."""
        shares = {composed(name): share_of(float(share)) for name, share in given.items()}
        if any(share is None or (target == "label" and 0 < share < 1) for share in shares.values()):
            reason = (
                "The shares of the classes are not 0 or 1." if target == "label" else "A share is not between 0 and 1."
            )
            raise Unfit(self.columns[target], reason, "List the classes, or set 1 for each class that applies.")
        sure = {name: share or 0.0 for name, share in shares.items()}
        if self.several:
            names = [name for name, share in sure.items() if share >= _GIVEN]
            confidence = min(max(share, 1 - share) for share in sure.values())
        else:
            best = max(sure, key=lambda name: sure[name])
            ones = [name for name, share in sure.items() if share == 1] if target == "label" else [best]
            names, confidence = ones, sure[best]
            if not names:
                return None
        return RawSaid(names, confidence if target == "prediction" else None)

    def is_by_machine(self) -> bool:
        """Whether the label is a prediction, by the source column of our own rows."""
        source = self.short("source")
        if source not in {"", "human", "auto"}:
            raise Unfit(
                self.columns["source"], f"{source[:50]!r} is neither human nor auto.", "Set it to human or auto."
            )
        return source == "auto"

    def confidence(self) -> float | None:
        """The confidence of the prediction, None if missing."""
        written = self.short("confidence")
        if not written:
            return None
        column = self.columns["confidence"]
        share = confidence_of(written)
        if share is None:
            raise Unfit(column, f"{written[:50]!r} is not a number.", "Write 0.87 or 87%.")
        within = share_of(share)
        if within is None:
            raise Unfit(column, f"The confidence {written[:50]} is not between 0 and 1.", "Write 0.87 or 87%.")
        return within


def name_of(value: object) -> str | None:
    """The name of a class, as it is spelled where classes are numbers or yes and no; None of what names none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def confidence_of(written: str) -> float | None:
    """What somebody wrote as a share, `0.87`, `0,87` or `87%`; None if it is no number."""
    number = _DECIMAL_COMMA.sub(r"\1.\2", written.strip())
    try:
        return float(number[:-1]) / 100 if number.endswith("%") else float(number)
    except ValueError:
        return None


def share_of(given: object) -> float | None:
    """The number, if it lies in 0 to 1, or so close to it that it was meant to."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not -_ROUNDING <= given <= 1 + _ROUNDING:
        return None
    return min(1.0, max(0.0, float(given)))


def _list_or_object_in(text: str) -> object:
    """The list or object that a cell spells in JSON or as Python does, else None: a class may well be called
    `[other]`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        stripped = text.strip()
        if len(stripped) > _LONGEST_LIST or not _PYTHON_LIST(stripped):
            return None
        return [_unquoted(word) for word in _WORDS(stripped)]
    return value if isinstance(value, list | dict) else None


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL) if word[0] in "'\"" else word
