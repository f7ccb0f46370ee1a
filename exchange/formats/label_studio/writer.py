"""Label Studio JSON: tasks with annotations and predictions, as its import takes them.

A labelling configuration for them has `<Text name="text" value="$text"/>` or `<Image name="image" value="$image"/>`, a
control `label` for the classes, and for each attribute one with `perRegion` that is called like it: `<Choices>` where
the attribute has fixed values, else `<TextArea>`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.label_studio.shapes import written
from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import no_holes
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.shapes import shape_of

Row = dict[str, Any]
Parts = Sequence[float | None] | None
# Results of a value in a text, with the probabilities of its elements.
Results = Callable[[Mapping[str, Any], str, Parts], Iterator[Row]]


class LabelStudio:
    """Texts with spans: one array of tasks."""

    name = "label_studio"
    title = "Label Studio JSON"
    extension = "json"
    media_type = "application/json"
    carries: frozenset[str] | None = frozenset({"spans"})

    def open(self, target: Target, about: About) -> "LabelStudioWriter":
        """A writer on the target."""
        free = _free(about)
        return LabelStudioWriter(target, lambda value, text, parts: _spans(value, text, parts, free))

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Nothing is lost."""
        return ()


class LabelStudioChoices:
    """Items with classes: the same array, of choices about the whole. Of a file it has the name alone."""

    name = "label_studio_choices"
    title = "Label Studio JSON of classes"
    extension = "json"
    media_type = "application/json"
    carries: frozenset[str] | None = frozenset({"classification"})

    def open(self, target: Target, about: About) -> "LabelStudioWriter":
        """A writer on the target."""
        shown = "text" if about.stores == "text" else about.task.item_kind
        return LabelStudioWriter(target, lambda value, text, parts: _choices(value, shown), shown)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """That no class holds."""
        if item.value is None or item.value["labels"]:
            return ()
        return ("The format cannot say that no class applies: the item is read as unlabeled.",)


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

    def __init__(self, target: Target, results: Results, shown: str = "text") -> None:
        self._stream = target.stream
        self._results, self._shown = results, shown
        self._first = True

    def write(self, item: ExportItem) -> None:
        """Append one task."""
        content = item.text if self._shown == "text" else item.file
        data = (item.metadata or {}) | {self._shown: content, "external_id": item.external_id}
        task = _task(item, data, lambda value, parts: self._results(value, item.text, parts))
        self._stream.write((b"[\n" if self._first else b",\n") + _encoded(task))
        self._first = False

    def close(self) -> None:
        """End the array."""
        self._stream.write(b"[]\n" if self._first else b"\n]\n")


class LabelStudioImagesWriter:
    """Writes images as they come, and their tasks at the end."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._free = _free(about)
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
        data = (item.metadata or {}) | {"image": name}
        task = _task(item, data, lambda value, parts: _regions(value, size, parts, self._free))
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


def _free(about: About) -> frozenset[str]:
    """Attributes whose values are texts of one's own."""
    declared = getattr(about.task.settings, "attributes", {})
    return frozenset(name for name, one in declared.items() if one.values is None)


def _choices(value: Mapping[str, Any], shown: str) -> Iterator[Row]:
    if value["labels"]:
        yield _result("label", shown, "choices", {"choices": value["labels"]})


def _spans(value: Mapping[str, Any], text: str, parts: Parts, free: frozenset[str]) -> Iterator[Row]:
    for at, span in enumerate(value["spans"]):
        place = {"start": span["start"], "end": span["end"], "text": text[span["start"] : span["end"]]}
        yield _element(span, "text", "labels", place | {"labels": [span["label"]]}, parts[at] if parts else None)
        yield from _attributes(span, "text", place, free)
    for one in value["relations"]:
        yield {
            "type": "relation",
            "from_id": one["from"],
            "to_id": one["to"],
            "direction": "right",
            "labels": [one["label"]],
        }


def _regions(value: Mapping[str, Any], size: tuple[int, int], parts: Parts, free: frozenset[str]) -> Iterator[Row]:
    about = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    for at, region in enumerate(value["regions"]):
        kind, place = written(shape_of(region), size)
        row = _element(region, "image", kind, place | {kind: [region["label"]]}, parts[at] if parts else None)
        yield row | about | ({"meta": {"occluded": True}} if region["occluded"] else {})
        for one in _attributes(region, "image", place, free):
            yield one | about


def _element(element: Row, to: str, kind: str, value: Row, part: float | None) -> Row:
    row = {"id": element["id"]} | _result("label", to, kind, value)
    return row if part is None else row | {"score": part}


def _attributes(element: Row, to: str, place: Row, free: frozenset[str]) -> Iterator[Row]:
    for name, told in sorted(element["attributes"].items()):
        kind, under = ("textarea", "text") if name in free else ("choices", "choices")
        yield {"id": element["id"]} | _result(name, to, kind, place | {under: [told]})


def _result(control: str, to: str, kind: str, value: Row) -> Row:
    return {"from_name": control, "to_name": to, "type": kind, "value": value}
