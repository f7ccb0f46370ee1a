"""Pascal VOC: beside each image an XML file with boxes; also the rotated boxes that roLabelImg adds to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from math import degrees
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.label_files import LabelFiles, label_files
from exchange.formats.pictures import Picture, Pictures, sides
from exchange.formats.regions import corners_as_box, number_in, told
from exchange.formats.told import Told
from exchange.formats.xml_text import tree_of
from ground.errors import InvalidInput

# Files that are sampled to recognise the format: some may be broken.
_LOOKED_AT = 20
# What says nothing, and is left out.
_NOTHING = {"", "0", "Unspecified", "no", "false"}


class VocReader(AnnotatedImages):
    """Corners count pixels from 1, and the last pixel belongs to the box, as Pascal VOC has it. Whether an object is
    truncated or difficult, and its pose, are attributes."""

    name = "voc"
    title = "Pascal VOC (zip)"
    _first = 1

    def recognises(self, path: Path) -> bool:
        """Whether an XML file beside an image holds an `annotation` with objects."""
        try:
            with opened(path) as archive:
                return any(map(_is_annotation, _files(archive, Pictures.of(archive), self._first).first(_LOOKED_AT)))
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return nullcontext(_files(archive, pictures, self._first))


class VocFromZeroReader(VocReader):
    """Corners count pixels from 0, and the last one lies behind the box, as LabelImg and Label Studio write them."""

    name = "voc_from_zero"
    title = "Pascal VOC, pixels counted from 0 (zip)"
    _first = 0


def _is_annotation(data: bytes) -> bool:
    try:
        root = tree_of(data)
    except Unreadable:
        # One that is broken, or refused, is still one of these by what it begins with.
        return b"<annotation>" in data and b"<filename>" in data and b"<polygon>" not in data
    return root.tag == "annotation" and root.find("filename") is not None and root.find(".//polygon") is None


def _files(archive: Archive, pictures: Pictures, first: int) -> LabelFiles:
    def read(data: bytes, picture: Picture) -> Told:
        root = tree_of(data)
        if root.tag != "annotation":
            raise Unreadable("it contains no annotation")
        notes: list[str] = []
        regions = [
            region
            for number, one in enumerate(root.iter("object"), start=1)
            if (region := _region(one, number, first, notes)) is not None
        ]
        size = sides(root.findtext("size/width", "").strip(), root.findtext("size/height", "").strip())
        return told(regions, notes=tuple(notes), declared=size)

    return label_files(archive, pictures, ".xml", read, rooms=None, names=None)


def _region(one: Any, number: int, first: int, notes: list[str]) -> dict[str, Any] | None:
    """The object as a region, None if it has no place. Raises Unreadable."""
    label = (one.findtext("name") or "").strip()
    if not label:
        raise Unreadable(f"object {number} has no name")
    region: dict[str, Any] = {"label": label, "attributes": dict(_attributes(one))}
    if (one.findtext("occluded") or "0").strip() not in _NOTHING:
        region["occluded"] = True
    score = one.findtext("score") or one.findtext("confidence")
    if score:
        region["score"] = number_in(score, f"the score of object {number}")
    if one.find("part") is not None:
        notes.append(f"The parts of object {number}, {label[:50]!r}, were left out.")
    box, rotated = one.find("bndbox"), one.find("robndbox")
    if rotated is not None:
        cx, cy, width, height, angle = _numbers(rotated, ("cx", "cy", "w", "h", "angle"), number)
        return region | {"rotated_box": [cx, cy, width, height, degrees(angle)]}
    if box is None:
        notes.append(f"Object {number}, {label[:50]!r}, has no box: it was left out.")
        return None
    left, top, right, bottom = _numbers(box, ("xmin", "ymin", "xmax", "ymax"), number)
    if right < left or bottom < top:
        raise Unreadable(f"the corners of object {number} are the wrong way round")
    return region | {"box": corners_as_box(left - first, top - first, right, bottom)}


def _numbers(place: Any, names: tuple[str, ...], number: int) -> list[float]:
    return [number_in((place.findtext(name) or "").strip(), f"{name} of object {number}") for name in names]


def _attributes(one: Any) -> Iterator[tuple[str, str]]:
    for name in ("truncated", "difficult", "pose"):
        value = (one.findtext(name) or "").strip()
        if value not in _NOTHING:
            yield name, value
    for more in one.iterfind("attributes/attribute"):
        name, value = (more.findtext("name") or "").strip(), (more.findtext("value") or "").strip()
        if name and value not in _NOTHING and name not in {"occluded", "rotation"}:
            yield name, value
