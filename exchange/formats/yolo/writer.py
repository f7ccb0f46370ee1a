"""YOLO: a zip of label files, one for each image, with data.yaml; and the images where they are wanted."""

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any, Literal

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import becomes, no_attributes, no_holes, no_occluded, upright
from exchange.formats.spans import counted
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.polygons import least_box
from kinds.regions.shapes import Shape, bounds, outline, shape_of

Task = Literal["detect", "segment", "obb"]
_LISTS = {"validation": "val", "val": "val", "valid": "val", "test": "test"}


class YoloFormat:
    """One of YOLO's three kinds of lines."""

    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def __init__(self, name: str, title: str, task: Task) -> None:
        self.name, self.title, self._task = name, title, task

    def open(self, target: Target, about: About) -> "YoloWriter":
        """A writer on the target."""
        return YoloWriter(target, about, self._task)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """All but class and shape, and shapes of other kinds."""
        value = item.value
        if value is None:
            return []
        lost = [*no_attributes(value), *no_occluded(value)]
        if self._task == "detect":
            return [*upright(value), *lost]
        if self._task == "segment":
            return [*becomes(value, "rotated_box", "a polygon"), *no_holes(value), *lost]
        beyond = sum(_beyond(shape_of(region), item) for region in value["regions"])
        cut = [f"{counted(beyond, 'rotated box', 'rotated boxes')} cut to the image."] if beyond else []
        return [*becomes(value, "polygon", "the least rotated box around it"), *cut, *lost]


class YoloWriter:
    """Writes an image and its labels."""

    def __init__(self, target: Target, about: About, task: Task) -> None:
        self._target, self._about, self._task = target, about, task
        self._names = MemberNames()
        self._numbers = {spec.name: number for number, spec in enumerate(about.task.classes)}
        self._lists: dict[str, IO[bytes]] = {}
        self._parted = False

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        stem = self._names.stem(item)
        image = f"images/{stem}{ending_of(item)}"
        if self._about.files and item.read is not None:
            self._target.write_member(image, item.read())
        if item.value is not None:
            lines = [self._line(region, item) for region in item.value["regions"]]
            self._target.write_member(f"labels/{stem}.txt", "".join(lines).encode())
        self._parted |= item.split is not None
        part = _LISTS.get(item.split or "", "train")
        if part not in self._lists:
            self._lists[part] = self._target.later(f"{part}.txt")
        self._lists[part].write(f"./{image}\n".encode())

    def _line(self, region: Mapping[str, Any], item: ExportItem) -> str:
        width, height = item.extent.width or 1, item.extent.height or 1
        shape = shape_of(dict(region))
        if self._task == "detect":
            left, top, right, bottom = bounds(shape)
            left, right = (min(max(one, 0.0), width) for one in (left, right))
            top, bottom = (min(max(one, 0.0), height) for one in (top, bottom))
            numbers = [
                (left + right) / 2 / width,
                (top + bottom) / 2 / height,
                (right - left) / width,
                (bottom - top) / height,
            ]
        else:
            points = outline(shape) if self._task == "segment" or shape[0] != "polygon" else least_box(outline(shape))
            numbers = [min(max(part, 0.0), 1.0) for x, y in points for part in (x / width, y / height)]
        return " ".join([str(self._numbers[region["label"]]), *(f"{one:.9g}" for one in numbers)]) + "\n"

    def close(self) -> None:
        """Write data.yaml, and the lists of images where there are splits."""
        if not self._parted:
            for part in self._lists:
                self._target.drop(f"{part}.txt")
            self._lists = {}
        # What JSON says, YAML says too.
        names = "".join(
            f"  {number}: {json.dumps(name, ensure_ascii=False)}\n" for name, number in self._numbers.items()
        )
        parts = {part: f"{part}.txt" if part in self._lists else "images" for part in ("train", "val")}
        parts |= {part: f"{part}.txt" for part in self._lists}
        where = "".join(f"{part}: {one}\n" for part, one in parts.items())
        told = f"task: {self._task}\npath: .\n{where}names:\n{names}"
        self._target.write_member("data.yaml", told.encode())


def _beyond(shape: Shape, item: ExportItem) -> bool:
    left, top, right, bottom = bounds(shape)
    width, height = item.extent.width or 1, item.extent.height or 1
    return shape[0] != "polygon" and (left < -0.01 or top < -0.01 or right > width + 0.01 or bottom > height + 0.01)


YOLO_FORMATS = (
    YoloFormat("yolo", "YOLO, boxes (zip)", "detect"),
    YoloFormat("yolo_segment", "YOLO, polygons (zip)", "segment"),
    YoloFormat("yolo_obb", "YOLO, rotated boxes (zip)", "obb"),
)
