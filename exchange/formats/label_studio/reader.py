"""Label Studio JSON of texts: spans with relations, what people said and what models did."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedTexts
from exchange.formats.archives import Unreadable
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.label_studio.tasks import Result, Results, data_of, label_of, spoken_of
from exchange.formats.reading import Entry, Progress, RowError
from exchange.formats.records import RawSaid, Record
from exchange.formats.spans import said
from ground.json_values import check_value

_REMEDY = "Mend the task and import it again; the others are not affected."


class LabelStudioReader(AnnotatedTexts):
    """Tasks are numbered by their place in the file. The text is what stands in `text`, or else the only text of the
    task; what else its data holds becomes metadata."""

    name = "label_studio"
    title = "Label Studio JSON"
    extensions: tuple[str, ...] = (".json",)

    def recognises(self, path: Path) -> bool:
        """Whether the first element is a task."""
        return is_task(first_part(path))

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        number = 0
        with path.open("rb") as file:
            progress.source = file
            try:
                for name, task in parts(file):
                    number += 1
                    yield _entry(number, task if not name else None)
            except JsonEnds as error:
                reason = f"From here on the file is not JSON: {error}."
                remedy = "Mend the file and import it again; items that are there already are not imported twice."
                yield RowError(number + 1, "", reason, remedy)
            progress.count = file.tell()


def first_part(path: Path) -> object:
    """The first element of the array, None if there is none."""
    try:
        with path.open("rb") as file:
            return next((value for name, value in islice(parts(file), 1) if not name), None)
    except (JsonEnds, OSError):
        return None


def is_task(value: object) -> bool:
    """Whether it has what only tasks have."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("data"), dict)
        and any(name in value for name in ("annotations", "predictions", "completions", "drafts"))
    )


def _entry(number: int, task: object) -> Record | RowError:
    try:
        return _record(number, task)
    except Unreadable as error:
        return RowError(number, "", f"The task cannot be read: {error}.", _REMEDY)


def _record(number: int, task: object) -> Record:
    data = data_of(task)
    assert isinstance(task, dict)  # noqa: S101 - it has data
    spoken = spoken_of(task, _element)
    name = _text_name(data)
    label, prediction = spoken.said(_value)
    metadata = {key: value for key, value in data.items() if key not in {name, "external_id"} and value is not None}
    if task.get("id") is not None:
        metadata["label_studio_id"] = task["id"]
    try:
        check_value([data[name], metadata])
    except ValueError as error:
        raise Unreadable(str(error)) from None
    own = data.get("external_id")
    return Record(
        number,
        own if isinstance(own, str) else "",
        data[name],
        prediction=prediction,
        label=label,
        metadata=metadata,
        notes=spoken.notes,
    )


def _text_name(data: dict[str, Any]) -> str:
    """The name of the text among the data. Raises Unreadable."""
    if isinstance(data.get("text"), str) and data["text"].strip():
        return "text"
    texts = [name for name, value in data.items() if isinstance(value, str) and value.strip() and name != "external_id"]
    if len(texts) != 1:
        raise Unreadable(f"which of its data is the text cannot be told: {', '.join(map(str, data))[:100]}")
    return texts[0]


def _value(results: Results) -> RawSaid:
    return said(list(results.elements.values()), results.relations)


def _element(one: Result) -> dict[str, Any] | None:
    value = one.get("value")
    kind = one.get("type")
    if kind not in {"labels", "hypertextlabels"} or not isinstance(value, dict):
        return None
    ends = value.get("globalOffsets") if kind == "hypertextlabels" else value
    label = label_of(value, kind)
    if not isinstance(ends, dict) or label is None:
        return None
    start, end = ends.get("start"), ends.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        raise Unreadable("the start and end of a span are not whole numbers")
    return {"start": start, "end": end, "label": label}
