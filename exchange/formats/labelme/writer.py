"""LabelMe: a zip of JSON files, one for each image, and the images beside them where they are wanted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import becomes, no_holes
from exchange.formats.spans import counted
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.shapes import outline, shape_of


class LabelMe:
    """Rectangles and polygons; that something is occluded is a flag, and so are attributes that are just set."""

    name = "labelme"
    title = "LabelMe JSON (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "LabelMeWriter":
        """A writer on the target."""
        return LabelMeWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Holes, rotation, and attributes that are not just set."""
        if item.value is None:
            return []
        return [
            *becomes(item.value, "rotated_box", "a polygon"),
            *no_holes(item.value),
            *_no_attributes(item.value),
        ]


def _no_attributes(value: Mapping[str, Any]) -> list[str]:
    n = sum(len(_flags(region)) < len(region["attributes"]) for region in value["regions"])
    return [f"Attributes of {counted(n, 'region')} are left out."] if n else []


def _flags(region: Mapping[str, Any]) -> dict[str, bool]:
    """Attributes that say no more than that they are there."""
    return {name: True for name, value in region["attributes"].items() if value == "true" and name != "occluded"}


class LabelMeWriter:
    """Writes an image and its shapes."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        stem = self._names.stem(item)
        ending = ending_of(item)
        if self._about.files and item.read is not None:
            self._target.write_member(f"{stem}{ending}", item.read())
        if item.value is None:
            return
        document: dict[str, Any] = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [_shape(region) for region in item.value["regions"]],
            "imagePath": f"{stem}{ending}".rsplit("/", 1)[-1],
            "imageData": None,
            "imageHeight": item.extent.height,
            "imageWidth": item.extent.width,
        }
        self._target.write_member(f"{stem}.json", json.dumps(document, ensure_ascii=False, indent=2).encode())

    def close(self) -> None:
        """Nothing is held back."""


def _shape(region: Mapping[str, Any]) -> dict[str, Any]:
    shape = shape_of(dict(region))
    points = outline(shape)
    return {
        "label": region["label"],
        "points": [list(point) for point in (points[::2] if shape[0] == "box" else points)],
        "group_id": None,
        "description": "",
        "shape_type": "rectangle" if shape[0] == "box" else "polygon",
        "flags": _flags(region) | ({"occluded": True} if region["occluded"] else {}),
        "mask": None,
    }
