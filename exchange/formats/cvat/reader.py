"""CVAT for images 1.1: a zip with annotations.xml and the images; the XML is read as a stream, and indexed on disk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.complaints import Complaints
from exchange.formats.pictures import Picture, Pictures, sides
from exchange.formats.records import RawSaid
from exchange.formats.regions import corners_as_box, number_in
from exchange.formats.spans import counted
from exchange.formats.spool import Spool
from exchange.formats.told import Told
from exchange.formats.xml_text import events_of
from ground.errors import InvalidInput

_SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
# Bytes in which the root of a file stands, behind what is declared before.
_BEGINNING = 65_536
_SHAPES = {"box", "polygon"}
_OTHER_SHAPES = {"polyline", "points", "ellipse", "cuboid", "mask", "skeleton", "tag"}


class CvatReader(AnnotatedImages):
    """Boxes, which may be turned about their middle, and polygons, the one with the least z_order first; whether they
    are occluded, and their attributes. Of all that was drawn by hand and by a machine, the import says who spoke."""

    name = "cvat"
    title = "CVAT for images 1.1 (zip)"
    tables = (".xml",)

    def recognises(self, path: Path) -> bool:
        """Whether an XML file in it begins with `annotations`."""
        try:
            with opened(path, tables=self.tables) as archive:
                return any(_is_cvat(archive, one) for one in _files(archive)[:5])
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return _indexed(archive, pictures)


def _files(archive: Archive) -> list[Any]:
    return [one for one in archive.files if one.filename.lower().endswith(".xml")]


def _is_cvat(archive: Archive, member: Any) -> bool:
    try:
        with archive.stream(member) as file:
            return bool(next(events_of(file, ("start",)))[1].tag == "annotations")
    except (Unreadable, StopIteration):
        return _begins_so(archive, member)


def _begins_so(archive: Archive, member: Any) -> bool:
    """Whether one that is refused is still one of these by what it begins with."""
    try:
        with archive.stream(member) as file:
            return b"<annotations>" in file.read(_BEGINNING)
    except Unreadable:
        return False


@dataclass
class _Index:
    spool: Spool
    splits: dict[str, str] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    wrong: Complaints = field(default_factory=Complaints)

    def classes(self) -> Iterable[str]:
        return self.used

    def of(self, picture: Picture) -> Told:
        """Of several XML files the first that has it."""
        found = self.spool.of(picture.member)
        if not found:
            return Told(split=self.splits.get(picture.member))
        shapes, notes, size = found[0]
        regions = [_region(*shape) for shape in shapes]
        split = self.splits.get(picture.member)
        return Told(RawSaid({"regions": regions}), split=split, notes=tuple(notes), declared=size)

    def left(self) -> Iterator[tuple[str, str]]:
        yield from self.wrong


@contextmanager
def _indexed(archive: Archive, pictures: Pictures) -> Iterator[_Index]:
    with ExitStack() as stack:
        index = _Index(stack.enter_context(Spool()))
        for member in _files(archive):
            try:
                with archive.stream(member) as file:
                    _read(file, index, pictures, member.filename)
            except Unreadable as error:
                index.wrong.whole(f"{member.filename} cannot be read to its end: {error}.", "Export it again.")
        yield index


def _read(file: Any, index: _Index, pictures: Pictures, where: str) -> None:
    root, tracks = None, 0
    for event, element in events_of(file, ("start", "end")):
        root = element if root is None else root
        if event == "start":
            continue
        if element.tag == "track":
            tracks += 1
        elif element.tag == "image":
            _keep(index, pictures, element)
        if element.tag in {"track", "image"}:
            # What was read takes no room any more.
            root.clear()
    if tracks:
        what = f"{counted(tracks, 'track')} of a video left out"
        index.wrong.whole(f"{where}: {what}.", 'Export its frames as "CVAT for images".')


def _keep(index: _Index, pictures: Pictures, image: Any) -> None:
    called, subset = image.get("name", ""), image.get("subset", "")
    member = (pictures.find(f"{subset}/{called}") if subset else None) or pictures.find(called)
    if member is None:
        index.wrong.add(*pictures.lacks(called))
        return
    if split := _SPLITS.get(subset.casefold()):
        index.splits[member] = split
    shapes, left = [], dict[str, int]()
    for shape in sorted(image, key=_layer):
        if shape.tag in _SHAPES:
            said = {one.get("name", ""): (one.text or "").strip() for one in shape.iterfind("attribute")}
            shapes.append((shape.tag, dict(shape.attrib), said))
            index.used |= {label: None for label in [shape.get("label")] if label}
        elif shape.tag in _OTHER_SHAPES:
            left[shape.tag] = left.get(shape.tag, 0) + 1
    notes = [f"{n:,} of kind {kind} left out." for kind, n in left.items()]
    index.spool.add(member, (shapes, notes, sides(image.get("width"), image.get("height"))))


def _layer(shape: Any) -> int:
    order = shape.get("z_order", "0")
    return int(order) if order.lstrip("-").isdecimal() else 0


def _region(kind: str, about: Mapping[str, str], said: Mapping[str, str]) -> dict[str, Any]:
    """Raises Unreadable."""
    region: dict[str, Any] = {"label": about.get("label", ""), "attributes": dict(said)}
    if about.get("occluded") == "1":
        region["occluded"] = True
    if kind == "polygon":
        return region | {"polygon": [_points(about.get("points", ""))]}
    box = corners_as_box(*(number_in(about.get(name), f"{name} of a box") for name in ("xtl", "ytl", "xbr", "ybr")))
    turn = number_in(about.get("rotation", "0"), "the rotation of a box")
    if not turn % 360:
        return region | {"box": box}
    x, y, width, height = box
    return region | {"rotated_box": [x + width / 2, y + height / 2, width, height, turn]}


def _points(told: str) -> list[list[float]]:
    points: list[Sequence[str]] = [point.split(",") for point in told.split(";")]
    if any(len(point) != 2 for point in points):
        raise Unreadable("the points of a polygon are not x,y;x,y")
    return [[number_in(part, "a point of a polygon") for part in point] for point in points]
