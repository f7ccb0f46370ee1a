"""Which column becomes which part of an item, and the conversion of a row. An invalid mapping is rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from exchange.formats.choosing import chooses
from exchange.formats.columns import without
from exchange.formats.encodings import NAMES
from exchange.formats.pictures import SPLITS
from exchange.formats.reading import FOLDER_LEVEL, FileReader, ImageFile, Row, RowError
from exchange.formats.records import RawSaid, Record
from exchange.importing.values import Unfit, Values
from ground.errors import InvalidInput

TARGETS = ("external_id", "text", "image", "label", "prediction", "confidence", "source", "split")
# What a mapping says besides which column is what: the sign between several classes, what is chosen, and how the file
# is read.
CHOICES = ("separator", "new_classes", "attach", "attach_labels", "encoding", "sheet")
DEFAULT_SEPARATOR = "|"
# The meaning of labels in an annotated file.
SAID_BY = ("label", "prediction")
BY_MACHINE = "The label was made by a model and not reviewed: it was imported as a prediction."
# The prefixes of notes on an unreadable prediction or label.
NO_PREDICTION = "Its prediction was left out: "
NO_LABEL = "Its label was left out: "
TURNED = "Characters in the text turn its direction (U+202D, U+202E): it reads otherwise than it is written."
# Of `CHOICES` those that are yes or no.
_YES_OR_NO = frozenset({"new_classes", "attach", "attach_labels"})


def check_choices(choices: Mapping[str, Any]) -> None:
    """What is left to choose of a file that says itself what its items and labels are: `annotations`, whether its
    labels are what people said (label) or a machine (prediction), where the file does not tell; `new_classes`, whether
    classes that the dataset lacks are added; `attach` and `attach_labels`, whether items that are there already get the
    predictions and the labels. Raises InvalidInput."""
    for name, chosen in choices.items():
        if name == "annotations" and chosen in SAID_BY:
            continue
        if name in _YES_OR_NO and isinstance(chosen, bool):
            continue
        if name == "annotations" or name in _YES_OR_NO:
            allowed = " or ".join(SAID_BY) if name == "annotations" else "true or false"
            raise InvalidInput(f"{name} must be {allowed}, not {chosen!r}.", field=name)
        raise InvalidInput(
            f"This format names its own columns; there is no {name!r} to choose. There are: annotations, new_classes, "
            "attach, attach_labels.",
            field=str(name),
        )


def check_mapping(mapping: Mapping[str, Any], columns: Sequence[str], *, stores: str, format: str) -> None:
    """Raises InvalidInput if the mapping names an unknown target or column, or lacks what items need."""
    for target, column in mapping.items():
        if target in CHOICES:
            _check_choice(target, column)
        elif target not in TARGETS:
            raise InvalidInput(
                f"Unknown mapping target {target!r}. Known: {', '.join((*TARGETS, *CHOICES))}.",
                field=str(target),
            )
        elif not isinstance(column, str) or column not in columns:
            raise InvalidInput(
                f"The file has no column {column!r} for {target}. It has: {', '.join(columns[:50])}.", field=target
            )
    needed = "image" if stores == "file" else "text"
    if needed not in mapping:
        raise InvalidInput(f"Choose the column of the {format} file with the {needed}.", field=needed)
    if stores == "text" and "image" in mapping:
        raise InvalidInput("This dataset contains texts; leave image out.", field="image")
    if "confidence" in mapping and "prediction" not in mapping:
        raise InvalidInput("A confidence column needs a prediction column.", field="confidence")
    if "source" in mapping and "label" not in mapping:
        raise InvalidInput("A source column needs a label column.", field="source")


def check_reading(mapping: Mapping[str, Any], reader: FileReader) -> None:
    """Raises InvalidInput for an unknown encoding or sheet, or for a format without that option."""
    for name in ("encoding", "sheet"):
        if name in mapping:
            if name not in chooses(reader):
                raise InvalidInput(f"{reader.title} has no {name} to choose.", field=name)
            _check_choice(name, mapping[name])


def _check_choice(name: str, chosen: object) -> None:
    if name == "encoding":
        if chosen not in NAMES:
            raise InvalidInput(f"The encoding must be one of {', '.join(NAMES)}, not {str(chosen)[:50]!r}.", field=name)
        return
    if name == "sheet":
        if not isinstance(chosen, str):
            raise InvalidInput("A sheet is chosen by its name.", field=name)
        return
    if name != "separator":
        if not isinstance(chosen, bool):
            raise InvalidInput(f"{name} must be true or false, not {chosen!r}.", field=name)
        return
    separator = chosen
    if not isinstance(separator, str) or not 1 <= len(separator) <= 3 or not separator.strip():
        raise InvalidInput("The label separator must be 1 to 3 characters, such as | or ;", field="separator")


class RowMapper:
    """Converts a file's rows to items, with cached data."""

    def __init__(self, mapping: Mapping[str, Any], *, multi_label: bool = False) -> None:
        self._columns = {target: column for target, column in mapping.items() if target in TARGETS}
        self._used = frozenset(self._columns.values())
        self._several = multi_label
        self._separator = mapping.get("separator", DEFAULT_SEPARATOR) if multi_label else None

    def row(self, row: Row) -> Record | RowError:
        """The row as an item, or its error. Unmapped columns become metadata."""
        return self._mapped(row.number, row.fields, row.notes, image=None, separator=self._separator)

    def image(self, entry: ImageFile) -> Record | RowError:
        """The image file as an item: its columns are `file` (the path), `folder` and its levels, which name at most one
        class, and those of a table beside it."""
        fields: dict[str, object] = {"file": entry.name, "folder": entry.folder, **entry.beside}
        for column in self._used:
            if column.startswith(FOLDER_LEVEL):
                fields[column] = _level(entry, column)
        if self._columns.get("split", "").startswith("folder") and isinstance(fields[self._columns["split"]], str):
            split = str(fields[self._columns["split"]])
            fields[self._columns["split"]] = SPLITS.get(split.casefold(), split)
        separator = None if self._columns.get("label", "").startswith("folder") else self._separator
        return self._mapped(entry.number, fields, (), image=entry.data, separator=separator)

    def _mapped(
        self,
        number: int,
        fields: Mapping[str, object],
        notes: tuple[str, ...],
        *,
        image: bytes | None,
        separator: str | None,
    ) -> Record | RowError:
        try:
            values = Values(fields, self._columns, several=self._several)
            prediction, why = _prediction(values, separator)
            label, by_machine, why_not = _label(values, separator)
            if by_machine:
                prediction, label, notes = prediction or label, None, (*notes, BY_MACHINE)
            return Record(
                number=number,
                external_id=values.external_id(),
                text=values.text() if image is None else "",
                metadata=without(fields, self._used),
                split=values.short("split") or None,
                prediction=prediction,
                label=label,
                image=image,
                notes=(*notes, *why, *why_not),
            )
        except Unfit as error:
            return RowError(number, error.field, error.reason, error.remedy)


def _level(entry: ImageFile, column: str) -> str:
    number = column.removeprefix(FOLDER_LEVEL)
    return entry.level(int(number)) if number.isdecimal() and len(number) < 4 else ""


def _prediction(values: Values, separator: str | None) -> tuple[RawSaid | None, tuple[str, ...]]:
    """The prediction, or its error, which does not reject the row: another file can bring it later."""
    try:
        said = values.said("prediction", separator)
        sure = None if said is None else values.confidence()
    except Unfit as error:
        return None, (f"{NO_PREDICTION}{error.field}: {error.reason} {error.remedy}",)
    return (said if said is None or sure is None else replace(said, confidence=sure)), ()


def _label(values: Values, separator: str | None) -> tuple[RawSaid | None, bool, tuple[str, ...]]:
    """What people say, and whether it was a machine; or why that could not be read, which costs no row either."""
    try:
        said = values.said("label", separator)
        return said, said is not None and values.is_by_machine(), ()
    except Unfit as error:
        return None, False, (f"{NO_LABEL}{error.field}: {error.reason} {error.remedy}",)
