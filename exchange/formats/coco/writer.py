"""COCO: a JSON of images, annotations and categories in a zip, with the images where they are wanted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import becomes, no_holes
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.shapes import bounds, outline, rounded, shape_of

NO_LABEL = "It has no label, which COCO cannot distinguish from an image without objects: it is not listed."


class Coco:
    """Boxes have their corners as segmentation, which pycocotools asks for. Categories are counted from 1, in the order
    of the dataset's classes."""

    name = "coco"
    title = "COCO JSON (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "CocoWriter":
        """A writer on the target."""
        return CocoWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Holes and rotation."""
        if item.value is None:
            return [NO_LABEL]
        return [*no_holes(item.value), *becomes(item.value, "rotated_box", "a polygon")]


class CocoWriter:
    """Writes images as they come; their annotations are kept on disk until the end."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()
        self._categories = {spec.name: number for number, spec in enumerate(about.task.classes, start=1)}
        self._json = target.later("annotations.json")
        # Both arrays grow at once.
        self._annotations = target.later("")
        self._json.write(b'{"info":{},"licenses":[],"images":[')
        self._images = self._shapes = 0

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        name = f"{self._names.stem(item)}{ending_of(item)}"
        if self._about.files and item.read is not None:
            self._target.write_member(f"images/{name}", item.read())
        if item.value is None:
            return
        self._images += 1
        image = {"id": item.id, "file_name": name, "width": item.extent.width, "height": item.extent.height}
        _append(self._json, image, first=self._images == 1)
        for region in item.value["regions"]:
            self._shapes += 1
            annotation = self._annotation(region, item.id)
            _append(self._annotations, annotation, first=self._shapes == 1)

    def _annotation(self, region: Mapping[str, Any], image: int) -> dict[str, Any]:
        shape = shape_of(dict(region))
        left, top, right, bottom = bounds(shape)
        points = outline(shape)
        attributes = dict(region["attributes"]) | ({"occluded": True} if region["occluded"] else {})
        annotation: dict[str, Any] = {
            "id": self._shapes,
            "image_id": image,
            "category_id": self._categories[region["label"]],
            "bbox": [rounded(one) for one in (left, top, right - left, bottom - top)],
            "segmentation": [[rounded(part) for point in points for part in point]],
            "area": rounded(_area(points)),
            "iscrowd": 0,
        }
        return annotation | ({"attributes": attributes} if attributes else {})

    def close(self) -> None:
        """Put both arrays together."""
        self._json.write(b'\n],"annotations":[')
        self._annotations.seek(0)
        while block := self._annotations.read(1 << 20):
            self._json.write(block)
        self._target.drop("")
        categories = [
            {"id": number, "name": name, "supercategory": (self._about.task.path(name) or (name,))[0]}
            for name, number in self._categories.items()
        ]
        self._json.write(b'\n],"categories":' + json.dumps(categories, ensure_ascii=False).encode() + b"}\n")


def _append(stream: Any, row: Mapping[str, Any], *, first: bool) -> None:
    told = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
    stream.write((b"\n" if first else b",\n") + told)


def _area(points: Sequence[tuple[float, float]]) -> float:
    return abs(sum(x * points[at - 1][1] - points[at - 1][0] * y for at, (x, y) in enumerate(points))) / 2
