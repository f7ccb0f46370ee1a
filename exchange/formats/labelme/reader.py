"""LabelMe: beside each image a JSON file with shapes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.label_files import LabelFiles, label_files
from exchange.formats.pictures import Picture, Pictures, sides
from exchange.formats.regions import corners_as_box, four_corners, told
from exchange.formats.spans import counted
from exchange.formats.told import Told
from ground.errors import InvalidInput
from ground.json_values import parse_json

# Files that are sampled to recognise the format: some may be broken.
_LOOKED_AT = 20
Points = list[tuple[float, float]]


class LabelMeReader(AnnotatedImages):
    """Rectangles, polygons, and rotated boxes as some of LabelMe's kin have them. Flags that are set are attributes;
    the flag `occluded` is what it says."""

    name = "labelme"
    title = "LabelMe JSON (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether a JSON file beside an image holds shapes."""
        try:
            with opened(path) as archive:
                return any(map(_holds_shapes, _files(archive, Pictures.of(archive)).first(_LOOKED_AT)))
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return nullcontext(_files(archive, pictures))


def _files(archive: Archive, pictures: Pictures) -> LabelFiles:
    return label_files(archive, pictures, ".json", _read, rooms=None, names=None)


def _holds_shapes(data: bytes) -> bool:
    try:
        return bool(_document(data))
    except Unreadable:
        return False


def _document(data: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    try:
        document = parse_json(data.decode("utf-8-sig"))
    except ValueError as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Unreadable(reason) from None
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        raise Unreadable("it contains no shapes")
    return document


def _read(data: bytes, picture: Picture) -> Told:
    document = _document(data)
    shapes, notes = document["shapes"], list[str]()
    regions = [
        region for number, shape in enumerate(shapes, start=1) if (region := _region(shape, number, notes)) is not None
    ]
    notes += _untaken(document, shapes)
    size = sides(document.get("imageWidth"), document.get("imageHeight"))
    return told(regions, notes=tuple(notes), declared=size)


def _untaken(document: Mapping[str, Any], shapes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is said besides, and has no place here."""
    grouped = sum(shape.get("group_id") is not None for shape in shapes)
    if grouped:
        yield f"The groups of {counted(grouped, 'shape')} were left out."
    described = sum(bool(shape.get("description")) for shape in shapes)
    if described:
        yield f"The descriptions of {counted(described, 'shape')} were left out."
    flags = document.get("flags")
    if isinstance(flags, dict) and any(flags.values()):
        yield "Flags of the image were left out."


def _region(shape: object, number: int, notes: list[str]) -> dict[str, Any] | None:
    if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
        raise Unreadable(f"shape {number} has no label")
    points, kind = _points(shape, number), shape.get("shape_type") or "polygon"
    region: dict[str, Any] = {"label": shape["label"], "attributes": _flags(shape)}
    if region["attributes"].pop("occluded", ""):
        region["occluded"] = True
    if isinstance(shape.get("score"), int | float):
        region["score"] = shape["score"]
    if kind == "mask" and len(points) == 2:
        notes.append(f"Shape {number} is a mask: its box was used.")
    if kind in {"rectangle", "mask"} and len(points) in {2, 4}:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return region | {"box": corners_as_box(min(xs), min(ys), max(xs), max(ys))}
    if kind == "polygon":
        return region | {"polygon": [[list(point) for point in points]]}
    if kind in {"rotation", "oriented_rectangle"} and len(points) == 4:
        return region | four_corners(points)
    notes.append(f"Shape {number}, {str(kind)[:30]}, was left out.")
    return None


def _points(shape: Mapping[str, Any], number: int) -> Points:
    points = shape.get("points")
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) == 2 and all(isinstance(part, int | float) for part in point)
        for point in points
    ):
        raise Unreadable(f"the points of shape {number} are not [x, y]")
    return [(point[0], point[1]) for point in points]


def _flags(shape: Mapping[str, Any]) -> dict[str, str]:
    flags, more = shape.get("flags"), shape.get("attributes")
    found = {name: "true" for name, is_set in flags.items() if is_set} if isinstance(flags, dict) else {}
    # As X-AnyLabeling has it.
    found |= {"difficult": "true"} if shape.get("difficult") is True else {}
    return found | ({name: str(value) for name, value in more.items()} if isinstance(more, dict) else {})
