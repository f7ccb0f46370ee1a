"""Guessing what each column of a file is, from its name and first values; the user confirms the result."""

import re
from collections.abc import Callable, Sequence

from exchange.formats.columns import OUR_COLUMNS
from exchange.formats.pictures import SPLITS
from exchange.formats.reading import FOLDER_LEVEL, Entry, ImageFile, Row
from exchange.importing.values import confidence_of

_NAMES = {
    "external_id": ("external_id", "id", "uuid", "item_id", "example_id", "uid", "key"),
    "text": ("text", "body", "content", "sentence", "utterance", "message", "comment", "document", "question", "title"),
    "image": ("image", "file", "filename", "file_name", "path"),
    "label": ("label", "labels", "category", "categories", "cats", "gold", "class", "intent", "target"),
    "prediction": ("prediction", "predictions", "predicted", "predicted_label", "pred", "suggestion"),
    "confidence": ("confidence", "score", "probability", "prob"),
    "split": ("split", "subset", "fold", "partition"),
}
# Words with a meaning at the end of a longer name, such as "Ticket No" or "Customer Message".
_LAST_WORDS = _NAMES | {"external_id": ("id", "uuid", "uid", "key", "no", "nr", "number", "ref")}
# Texts are longer than codes or names, on average.
_LEAST_TEXT = 15
_LONGEST_ID = 64


def guess_mapping(columns: Sequence[str], *, elements: bool = False) -> dict[str, str]:
    """A proposal from column names alone: target -> column. A single column is taken as the text. `elements`: whether
    labels consist of elements, which our own rows have in `value`."""
    by_name = {column.strip().casefold().replace(" ", "_").replace("-", "_"): column for column in reversed(columns)}
    guess: dict[str, str] = {}
    for target, names in _NAMES.items():
        found = next((by_name[name] for name in names if name in by_name), None) or _nested(columns, names, guess)
        if found is not None:
            guess[target] = found
    if elements and "value" in by_name:
        guess["label"] = by_name["value"]
    if "image" in guess and "text" in guess:
        del guess["image"]
    if "image" in guess:
        guess |= {"external_id": guess["image"], **_folder(columns), **guess}
    if len(columns) == 1 and not guess:
        guess["text"] = columns[0]
    ours = set(columns) >= OUR_COLUMNS
    if ours and "label" in guess:
        guess["source"] = "source"
    # In our own rows the prediction contains its confidence; the column is that of the final label.
    if ours or "prediction" not in guess:
        guess.pop("confidence", None)
    return guess


def _nested(columns: Sequence[str], names: Sequence[str], guess: dict[str, str]) -> str | None:
    """A nested column of that name, such as Label Studio's `data.text`."""
    last = {column.rpartition(".")[2].casefold(): column for column in reversed(columns) if "." in column}
    inside = (last[name] for name in names if name in last)
    return next((column for column in inside if column.split(".")[0] not in guess.values()), None)


def _folder(columns: Sequence[str]) -> dict[str, str]:
    return {"label": "folder"} if "folder" in columns else {}


def guess_from_rows(
    columns: Sequence[str],
    rows: Sequence[Entry],
    *,
    is_class: Callable[[str], bool],
    texts: bool = True,
    elements: bool = False,
) -> dict[str, str]:
    """`guess_mapping`, completed for texts by the last words of names and by the first rows.
    `is_class` tells whether a value names a class of the dataset. Folders of images are labels only if they do."""
    guess = guess_mapping(columns, elements=elements)
    if guess.get("label") == "folder":
        folders = [row.folder for row in rows if isinstance(row, ImageFile) and row.folder]
        if not folders or not all(map(is_class, folders)):
            del guess["label"]
    guess |= _split_level(columns, rows, guess)
    if not texts:
        return guess
    values = {
        column: [text for row in rows if isinstance(row, Row) and (text := _text(row.fields.get(column)))]
        for column in columns
    }
    _by_last_words(guess, columns)
    _by_classes(guess, values, is_class)
    _by_length(guess, values)
    _by_uniqueness(guess, values)
    if "prediction" not in guess:
        guess.pop("confidence", None)
    return guess


def _split_level(columns: Sequence[str], rows: Sequence[Entry], guess: dict[str, str]) -> dict[str, str]:
    """A level of folders that are all named like splits."""
    images = [row for row in rows if isinstance(row, ImageFile)]
    levels = [column for column in columns if column.startswith(FOLDER_LEVEL)]
    if "split" in guess or not images:
        return {}
    for number, column in enumerate(levels, start=1):
        if all(image.level(number).casefold() in SPLITS for image in images):
            return {"split": column}
    folder_is_split = "folder" in columns and guess.get("label") != "folder"
    whole = folder_is_split and all(image.folder.casefold() in SPLITS for image in images)
    return {"split": "folder"} if whole else {}


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _by_last_words(guess: dict[str, str], columns: Sequence[str]) -> None:
    for target in ("external_id", "text", "prediction", "split"):
        for column in columns:
            words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", column)
            if words and words[-1].casefold() in _LAST_WORDS[target] and column not in guess.values():
                guess.setdefault(target, column)


def _by_classes(guess: dict[str, str], values: dict[str, list[str]], is_class: Callable[[str], bool]) -> None:
    """A column of class names is a prediction if a confidence follows it, else a human label."""
    names = list(values)
    for place, column in enumerate(names):
        if column in guess.values() or not _mostly(values[column], is_class):
            continue
        behind = names[place + 1] if place + 1 < len(names) else ""
        sure = guess.get("confidence", behind)
        follows = sure == behind and bool(behind) and _mostly(values[behind], _is_share)
        if follows and "prediction" not in guess:
            guess |= {"prediction": column, "confidence": behind}
        elif not follows:
            guess.setdefault("label", column)


def _mostly(values: Sequence[str], holds: Callable[[str], bool]) -> bool:
    """Whether more than half of the values match: imports tolerate a few wrong ones."""
    return bool(values) and 2 * sum(map(holds, values)) > len(values)


def _is_share(value: str) -> bool:
    share = confidence_of(value)
    return share is not None and 0 <= share <= 1


def _by_length(guess: dict[str, str], values: dict[str, list[str]]) -> None:
    """The column with the longest values, if they are long enough."""
    if "text" in guess or "image" in guess:
        return
    free = [column for column in values if values[column] and column not in guess.values()]
    mean = {column: sum(map(len, values[column])) / len(values[column]) for column in free}
    longest = max(free, key=lambda column: mean[column], default=None)
    if longest is not None and mean[longest] >= _LEAST_TEXT:
        guess["text"] = longest


def _by_uniqueness(guess: dict[str, str], values: dict[str, list[str]]) -> None:
    """The first column, if its values are short and unique."""
    first = next(iter(values), None)
    if "external_id" in guess or first is None or first in guess.values():
        return
    found = values[first]
    if len(found) > 1 and len(set(found)) == len(found) and max(map(len, found)) <= _LONGEST_ID:
        guess["external_id"] = first
