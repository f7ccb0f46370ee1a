"""Label Studio JSON: tasks with annotations and predictions, as its import takes them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.label_studio.shapes import written
from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import no_holes
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.shapes import shape_of

Row = dict[str, Any]


class LabelStudio:
    """Texts: one array of tasks. Attributes are choices about a region, called like the attribute."""

    name = "label_studio"
    title = "Label Studio JSON"
    extension = "json"
    media_type = "application/json"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "LabelStudioWriter":
        """A writer on the target."""
        return LabelStudioWriter(target)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Nothing is lost."""
        return ()


class LabelStudioImages:
    """Images: the same array in a zip, with the images where they are wanted."""

    name = "label_studio_images"
    title = "Label Studio JSON (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "LabelStudioImagesWriter":
        """A writer on the target."""
        return LabelStudioImagesWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Holes."""
        return [] if item.value is None else no_holes(item.value)


class LabelStudioWriter:
    """Writes the array as it comes."""

    def __init__(self, target: Target) -> None:
        self._stream = target.stream
        self._first = True

    def write(self, item: ExportItem) -> None:
        """Append one task."""
        data = {"text": item.text, "external_id": item.external_id} | (item.metadata or {})
        task = _task(item, data, lambda value, parts: _spans(value, item.text, parts))
        self._stream.write((b"[\n" if self._first else b",\n") + _encoded(task))
        self._first = False

    def close(self) -> None:
        """End the array."""
        self._stream.write(b"[]\n" if self._first else b"\n]\n")


class LabelStudioImagesWriter:
    """Writes images as they come, and their tasks at the end."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()
        self._tasks = target.later("tasks.json")
        self._tasks.write(b"[")
        self._first = True

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        name = f"images/{self._names.stem(item)}{ending_of(item)}"
        if self._about.files and item.read is not None:
            self._target.write_member(name, item.read())
        size = item.extent.width or 1, item.extent.height or 1
        task = _task(item, {"image": name} | (item.metadata or {}), lambda value, parts: _regions(value, size, parts))
        self._tasks.write((b"\n" if self._first else b",\n") + _encoded(task))
        self._first = False

    def close(self) -> None:
        """End the array."""
        self._tasks.write(b"\n]\n")


def _encoded(task: Row) -> bytes:
    return json.dumps(task, ensure_ascii=False, separators=(",", ":")).encode()


def _task(item: ExportItem, data: Row, results: Any) -> Row:
    task: Row = {"id": item.id, "data": data}
    if item.value is not None:
        task["annotations"] = [{"result": list(results(item.value, None)), "was_cancelled": False}]
    else:
        task["annotations"] = []
    told = item.prediction
    if told is not None:
        version = " ".join(str(part) for part in (item.labeler, item.model_version) if part is not None)
        task["predictions"] = [
            {"model_version": version, "score": told.confidence, "result": list(results(told.value, told.parts))}
        ]
    return task


def _spans(value: Mapping[str, Any], text: str, parts: Sequence[float | None] | None) -> Iterator[Row]:
    for at, span in enumerate(value["spans"]):
        place = {"start": span["start"], "end": span["end"], "text": text[span["start"] : span["end"]]}
        yield _result(span, "text", "labels", place | {"labels": [span["label"]]}, parts[at] if parts else None)
        yield from _attributes(span, "text", place)
    for one in value["relations"]:
        yield {
            "type": "relation",
            "from_id": one["from"],
            "to_id": one["to"],
            "direction": "right",
            "labels": [one["label"]],
        }


def _regions(value: Mapping[str, Any], size: tuple[int, int], parts: Sequence[float | None] | None) -> Iterator[Row]:
    about = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    for at, region in enumerate(value["regions"]):
        kind, place = written(shape_of(region), size)
        row = _result(region, "image", kind, place | {kind: [region["label"]]}, parts[at] if parts else None)
        yield row | about | ({"meta": {"occluded": True}} if region["occluded"] else {})
        for one in _attributes(region, "image", place):
            yield one | about


def _result(element: Row, to: str, kind: str, value: Row, part: float | None) -> Row:
    row = {"id": element["id"], "from_name": "label", "to_name": to, "type": kind, "value": value}
    return row if part is None else row | {"score": part}


def _attributes(element: Row, to: str, place: Row) -> Iterator[Row]:
    for name, told in sorted(element["attributes"].items()):
        yield {
            "id": element["id"],
            "from_name": name,
            "to_name": to,
            "type": "choices",
            "value": place | {"choices": [told]},
        }
