"""Label Studio's tasks about texts: how they stand in a file, and which of their data is the text."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.label_studio.tasks import SAID, data_of, is_task
from exchange.formats.reading import Entry, Progress, RowError
from exchange.formats.records import Record
from ground.errors import InvalidInput
from ground.json_values import check_value

Task = Mapping[str, Any]
# Start and end of words that a span quotes, and the words.
Quote = tuple[object, object, str]

# Tasks that tell whether a file holds tasks.
_LOOKED_AT = 20
_REMEDY = "Fix the task and import it again; the others are not affected."
# Of a file that is one task: what is read of it, and how many annotations it may have.
_ONE_TASK = frozenset({"id", "data", "annotations", "completions", "predictions"})
_MOST = 10_000
# What JSON-MIN has of the annotation, beside the task's data and one name for each control.
_OF_MIN = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"})
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".pdf")
_SOUNDS = (".wav", ".mp3", ".ogg", ".flac", ".m4a", ".mp4", ".webm", ".mov")
_LINKS = ("http://", "https://", "s3://", "gs://", "azure-blob://", "azure://", "/data/", "data:", "file://")


class TaskTexts(AnnotatedTexts):
    """Tasks about texts, numbered by their place in the file: `_record` is all that is left to write."""

    extensions: tuple[str, ...] = (".json", ".jsonl")

    @abstractmethod
    def _record(self, number: int, task: Task, context: object) -> Record:
        """The task as an item. Raises Unreadable."""

    def _context(self, path: Path) -> object:
        """What the file as a whole tells, for each of its tasks."""
        return None

    def recognises(self, path: Path) -> bool:
        """Whether one of the first elements is a task about a text."""
        try:
            context = self._context(path)
            return any(self._knows(task, context) for task in islice(tasks_of(path, Progress()), _LOOKED_AT))
        except (InvalidInput, JsonEnds, OSError):
            return False

    def _knows(self, task: object, context: object) -> bool:
        try:
            whole = whole_task(task)
            return is_task(whole) and bool(self._record(1, whole, context).text)
        except Unreadable:
            return False

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        context = self._context(path)
        number = 0
        try:
            for task in tasks_of(path, progress):
                number += 1
                yield self._entry(number, task, context)
        except JsonEnds as error:
            reason = f"From here on the file is not JSON: {error}."
            remedy = "Fix the file and import it again; items that already exist are not imported twice."
            yield RowError(number + 1, "", reason, remedy)

    def _entry(self, number: int, task: object, context: object) -> Record | RowError:
        try:
            return self._record(number, whole_task(task), context)
        except Unreadable as error:
            return RowError(number, "", f"The task cannot be read: {error}.", _REMEDY)


def tasks_of(path: Path, progress: Progress) -> Iterator[object]:
    """The tasks one by one, or the only one. Raises JsonEnds where the file stops being JSON, InvalidInput if it holds
    something else."""
    with path.open("rb") as file:
        progress.source = file
        single: dict[str, Any] = {}
        for name, value in parts(file):
            if not name:
                yield value
            elif name in SAID:
                single.setdefault(name, []).append(value)
                if len(single[name]) > _MOST:
                    raise InvalidInput("The file contains no list of tasks.", field="file")
            elif name in _ONE_TASK:
                single[name] = value
        if single:
            yield single
        progress.count = file.tell()


def whole_task(task: object) -> Task:
    """The task with data and annotations: one without either is all data, and JSON-MIN has both side by side. Raises
    Unreadable."""
    if not isinstance(task, dict):
        raise Unreadable("it is not a task with data")
    if "data" in task or any(name in task for name in SAID):
        data_of(task)
        return task
    if "annotation_id" not in task:
        return {"data": task}
    results: list[dict[str, Any]] = []
    data: dict[str, Any] = {}
    for name, value in task.items():
        found = _results_of_control(name, value)
        if found:
            results += found
        elif name not in _OF_MIN:
            data[name] = value
    # A control that was left alone is not in it: nothing there does not say that somebody looked.
    said = [{"result": results}] if results else []
    return {"id": task.get("id"), "data": data, "annotations": said}


def _results_of_control(name: str, value: object) -> list[dict[str, Any]]:
    """What JSON-MIN has of one control, as results; none for what is data."""
    if isinstance(value, dict) and set(value) == {"choices"}:
        return [{"from_name": name, "type": "choices", "value": value}]
    regions = value if isinstance(value, list) else []
    kinds = [_kind_of_region(one) for one in regions]
    if not all(kinds):
        return []
    return [{"from_name": name, "type": kind, "value": one} for kind, one in zip(kinds, regions, strict=True)]


def _kind_of_region(value: object) -> str:
    """The type of its result: its classes stand under it."""
    return next((key for key in value if key.endswith("labels")), "") if isinstance(value, dict) else ""


def text_name(data: Mapping[str, Any], quotes: Sequence[Quote] = (), left: Sequence[str] = ()) -> str:
    """The name of the text among a task's data: the one that spans quote, or `text`, or the only one. `left`: results
    that are not about a text. Raises Unreadable."""
    texts = [name for name, value in data.items() if name != "external_id" and _is_text(name, value)]
    if len(texts) > 1:
        texts = [name for name in texts if any(_stands(data[name], *one) for one in quotes)] or texts
    if "text" in texts:
        return "text"
    if len(texts) == 1:
        return texts[0]
    if not texts:
        raise Unreadable(f"it has no text, but {', '.join(left)[:100]}" if left else "it has no text")
    raise Unreadable(f"it is unclear which of its data is the text: {', '.join(map(str, data))[:100]}")


def _stands(text: str, start: object, end: object, words: str) -> bool:
    return isinstance(start, int) and isinstance(end, int) and bool(words) and text[start:end] == words


def _is_text(name: str, value: object) -> bool:
    """Whether it is no link to a file; an item may well be a link, but only as the text."""
    if not isinstance(value, str) or not value.strip():
        return False
    names_a_file = value.startswith(_LINKS) or value.split("?", 1)[0].lower().endswith(_IMAGES + _SOUNDS)
    return name == "text" or " " in value or not names_a_file


def about(task: Task, name: str) -> tuple[str, dict[str, Any]]:
    """(id, metadata) of the item whose text has that name. Raises Unreadable for what cannot be kept."""
    data = data_of(task)
    metadata = {key: value for key, value in data.items() if key not in {name, "external_id"} and value is not None}
    if task.get("id") is not None:
        metadata["label_studio_id"] = task["id"]
    storable(data[name], metadata)
    own = data.get("external_id")
    return own if isinstance(own, str) else "", metadata


def storable(*values: object) -> None:
    """Raises Unreadable for what no database keeps."""
    try:
        check_value(list(values))
    except ValueError as error:
        raise Unreadable(str(error)) from None
