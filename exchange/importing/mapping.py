"""Which column becomes which part of an item, and one row turned into that. A mapping that does not fit is refused."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from exchange.formats.pictures import SPLITS
from exchange.formats.reading import FOLDER_LEVEL, ImageFile, Row, RowError
from exchange.formats.records import RawSaid, Record
from ground.errors import InvalidInput

TARGETS = ("external_id", "text", "image", "label", "prediction", "confidence", "source", "split")
# What a mapping says besides which column is what: the sign between several classes, and what is chosen.
CHOICES = ("separator", "new_classes", "attach")
DEFAULT_SEPARATOR = "|"
# What the labels of an annotated file are taken for.
SAID_BY = ("label", "prediction")
MAX_ID = 300
# How a list or an object in JSON begins; and what stands in a pre-label, as the API gives it.
_OPENING = ("[", "{")
_PRELABEL = frozenset({"value", "confidence", "parts", "empty"})
BY_MACHINE = "A machine gave the label, and no person looked at it: it was taken as the machine's prediction."
_DECIMAL_COMMA = re.compile(r"^(\d+),(\d+)")


class _Unfit(Exception):
    """A value that does not fit its target."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.field, self.reason, self.remedy = field, reason, remedy


def check_choices(choices: Mapping[str, Any]) -> None:
    """What is left to choose of a file that says itself what its items and labels are: `annotations`, whether its
    labels are what people said (label) or a machine (prediction), where the file does not tell; `new_classes`, whether
    classes that the dataset lacks are added; `attach`, whether items that are there already get the predictions.
    Raises InvalidInput."""
    for name, chosen in choices.items():
        if name == "annotations" and chosen in SAID_BY:
            continue
        if name in {"new_classes", "attach"} and isinstance(chosen, bool):
            continue
        if name in {"annotations", "new_classes", "attach"}:
            allowed = " or ".join(SAID_BY) if name == "annotations" else "true or false"
            raise InvalidInput(f"{name} is {allowed}, not {chosen!r}.", field=name)
        raise InvalidInput(
            f"This format names its own columns; there is no {name!r} to choose. There are: annotations, new_classes, "
            "attach.",
            field=str(name),
        )


def check_mapping(mapping: Mapping[str, Any], columns: Sequence[str], *, stores: str, format: str) -> None:
    """Raises InvalidInput if the mapping names a target or column that there is not, or lacks what items need."""
    for target, column in mapping.items():
        if target in CHOICES:
            _check_choice(target, column)
        elif target not in TARGETS:
            raise InvalidInput(
                f"There is no {target!r} to map a column to. There are: {', '.join((*TARGETS, *CHOICES))}.",
                field=str(target),
            )
        elif not isinstance(column, str) or column not in columns:
            raise InvalidInput(
                f"The file has no column {column!r} for {target}. It has: {', '.join(columns[:50])}.", field=target
            )
    needed = "image" if stores == "file" else "text"
    if needed not in mapping:
        raise InvalidInput(f"Say which column of the {format} file holds the {needed}.", field=needed)
    if stores == "text" and "image" in mapping:
        raise InvalidInput("This dataset holds texts; leave image out.", field="image")
    if "confidence" in mapping and "prediction" not in mapping:
        raise InvalidInput("A confidence needs a prediction that it belongs to.", field="confidence")
    if "source" in mapping and "label" not in mapping:
        raise InvalidInput("A source needs a label of which it says who gave it.", field="source")


def _check_choice(name: str, chosen: object) -> None:
    if name != "separator":
        if not isinstance(chosen, bool):
            raise InvalidInput(f"{name} is true or false, not {chosen!r}.", field=name)
        return
    separator = chosen
    if not isinstance(separator, str) or not 1 <= len(separator) <= 3 or not separator.strip():
        raise InvalidInput("The separator of labels is 1 to 3 characters, such as | or ;", field="separator")


class RowMapper:
    """Turns a file's rows into items; what is the same for all of them is worked out once."""

    def __init__(self, mapping: Mapping[str, Any], *, multi_label: bool = False) -> None:
        self._columns = {target: column for target, column in mapping.items() if target in TARGETS}
        self._used = frozenset(self._columns.values())
        self._separator = mapping.get("separator", DEFAULT_SEPARATOR) if multi_label else None

    def row(self, row: Row) -> Record | RowError:
        """The row as an item, or what is wrong with it. Columns that are not mapped become metadata."""
        return self._mapped(row.number, row.fields, image=None, separator=self._separator)

    def image(self, entry: ImageFile) -> Record | RowError:
        """The image file as an item: its columns are `file` (the path), `folder` and its levels, which name one class
        at most, and those of a table beside it."""
        fields: dict[str, object] = {"file": entry.name, "folder": entry.folder, **entry.beside}
        for column in self._used:
            if column.startswith(FOLDER_LEVEL):
                fields[column] = _level(entry, column)
        if self._columns.get("split", "").startswith("folder") and isinstance(fields[self._columns["split"]], str):
            split = str(fields[self._columns["split"]])
            fields[self._columns["split"]] = SPLITS.get(split.casefold(), split)
        separator = None if self._columns.get("label", "").startswith("folder") else self._separator
        return self._mapped(entry.number, fields, image=entry.data, separator=separator)

    def _mapped(
        self, number: int, fields: Mapping[str, object], *, image: bytes | None, separator: str | None
    ) -> Record | RowError:
        used = self._used
        try:
            values = _Values(fields, self._columns)
            prediction = values.said("prediction", separator)
            if prediction is not None and (confidence := values.confidence()) is not None:
                prediction = replace(prediction, confidence=confidence)
            label, notes = values.said("label", separator), tuple[str, ...]()
            if label is not None and values.is_by_machine():
                prediction, label, notes = prediction or label, None, (BY_MACHINE,)
            return Record(
                number=number,
                external_id=values.external_id(),
                text=values.text() if image is None else "",
                metadata={name: value for name, value in fields.items() if name not in used and value is not None},
                split=values.short("split") or None,
                prediction=prediction,
                label=label,
                image=image,
                notes=notes,
            )
        except _Unfit as error:
            return RowError(number, error.field, error.reason, error.remedy)


def _level(entry: ImageFile, column: str) -> str:
    number = column.removeprefix(FOLDER_LEVEL)
    return entry.level(int(number)) if number.isdecimal() and len(number) < 4 else ""


class _Values:
    """One row's values, by target. Every method raises _Unfit."""

    __slots__ = ("columns", "fields")

    def __init__(self, fields: Mapping[str, object], columns: Mapping[str, str]) -> None:
        self.fields = fields
        self.columns = columns

    def _value(self, target: str) -> object:
        column = self.columns.get(target)
        return None if column is None else self.fields.get(column)

    def short(self, target: str) -> str:
        """The value as one line of text, empty if there is none."""
        value = self._value(target)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Unfit(self.columns[target], "The value is not a text or a number.", "Give one text or number.")
        return str(value).strip()

    def external_id(self) -> str:
        identifier = self.short("external_id")
        if "external_id" not in self.columns:
            return ""
        column = self.columns["external_id"]
        if not identifier:
            raise _Unfit(column, "The id is empty.", "Give every row its id, or map no column to external_id.")
        if len(identifier) > MAX_ID:
            raise _Unfit(column, f"The id has {len(identifier):,} characters.", f"Use at most {MAX_ID}.")
        return identifier

    def text(self) -> str:
        value = self._value("text")
        column = self.columns.get("text", "text")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise _Unfit(column, "The value is not a text.", "Give one text.")
        if value is None or not value.strip():
            raise _Unfit(column, "The text is empty.", "Give a text, or leave the row out.")
        return value

    def said(self, target: str, separator: str | None) -> RawSaid | None:
        """Class names or a value, None if the cell is blank or an empty list. Without separator a text is one name."""
        value = self._value(target)
        if value is None:
            return None
        if isinstance(value, str) and value.lstrip()[:1] in _OPENING:
            read = _json_in(value)
            value = value if read is None else read
        if isinstance(value, dict):
            return self._object(target, value)
        if isinstance(value, list):
            if not all(isinstance(name, str | int) and not isinstance(name, bool) for name in value):
                raise _Unfit(
                    self.columns[target], "The list holds something else than class names.", 'Write ["a", "b"].'
                )
            names = [str(name).strip() for name in value]
        else:
            whole = self.short(target)
            names = [name.strip() for name in (whole.split(separator) if separator else [whole])]
        names = [name for name in names if name]
        return RawSaid(names) if names else None

    def _object(self, target: str, given: dict[str, Any]) -> RawSaid:
        """A value of the task kind, or a pre-label: the value with how sure it is."""
        if not isinstance(given.get("value"), dict) or not set(given) <= _PRELABEL:
            return RawSaid(given)
        column = self.columns[target]
        parts = given.get("parts")
        if parts is not None and not isinstance(parts, list):
            raise _Unfit(column, "What stands in parts is no list.", "Give a number for each element.")
        shares = {name: _share(given.get(name)) for name in ("confidence", "empty")}
        for name, share in shares.items():
            if share is None and given.get(name) is not None:
                raise _Unfit(column, f"Its {name} is not a number from 0 to 1.", "Write 0.87, or leave it out.")
        return RawSaid(given["value"], shares["confidence"], parts, shares["empty"])

    def is_by_machine(self) -> bool:
        """Whether a machine gave the label, as the source of our own rows has it."""
        source = self.short("source")
        if source not in {"", "human", "auto"}:
            raise _Unfit(
                self.columns["source"], f"{source[:50]!r} is neither human nor auto.", "Say who gave the label."
            )
        return source == "auto"

    def confidence(self) -> float | None:
        written = self.short("confidence")
        if not written:
            return None
        column = self.columns["confidence"]
        share = confidence_of(written)
        if share is None:
            raise _Unfit(column, f"{written[:50]!r} is not a number.", "Write 0.87 or 87%.")
        if not 0 <= share <= 1:
            raise _Unfit(column, f"The confidence {written[:50]} does not lie in 0 to 1.", "Write 0.87 or 87%.")
        return share


def confidence_of(written: str) -> float | None:
    """What somebody wrote as a share, `0.87`, `0,87` or `87%`; None if it is no number."""
    number = _DECIMAL_COMMA.sub(r"\1.\2", written.strip())
    try:
        return float(number[:-1]) / 100 if number.endswith("%") else float(number)
    except ValueError:
        return None


def _share(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        return None
    return float(given)


def _json_in(text: str) -> object:
    """The list or object that a cell spells in JSON, else None: a class may well be called `[other]`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None
