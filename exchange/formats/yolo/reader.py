"""YOLO: beside each image a file with a line for each object; numbers are shares of the image's width and height."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.label_files import label_files
from exchange.formats.pictures import Picture, Pictures, Size
from exchange.formats.regions import four_corners, number_in, told
from exchange.formats.rings import parts_of
from exchange.formats.spans import counted
from exchange.formats.told import Told
from exchange.formats.yolo.about import AboutLines, about_lines
from ground.errors import InvalidInput

_ROOMS = ("labels", "obj_train_data")
# Files that are sampled to recognise the format.
_LOOKED_AT = 50
_BOX = 4
# Numbers of a line with a class and four corners.
_CORNERS = 9
# Shares of things that stick out of the image; numbers that are larger are pixels.
_LARGEST = 2.0


class YoloReader(AnnotatedImages):
    """Boxes have four numbers behind the class, polygons six and more; one number more is how sure a model is. An image
    without a file has no label; with an empty one it is known to show nothing."""

    name = "yolo"
    title = "YOLO, boxes and polygons (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether label files hold numbers alone, and not all of them corners of rotated boxes: where a file does not
        say which of the two they are, four corners are a rotated box."""
        widths, about = _looked(path)
        return bool(widths) and (
            about.task in {"detect", "segment"} or about.skeleton > 0 or (about.task != "obb" and not widths <= {9, 10})
        )

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        about = about_lines(archive)

        def read(data: bytes, picture: Picture) -> Told:
            found, notes, skeletons = list[dict[str, Any]](), list[str](), 0
            for number, numbers in _lines(data):
                try:
                    line = _line(numbers, about)
                    skeletons += line.skeleton
                    found += self._regions(line, picture.size, notes, number)
                except Unreadable as error:
                    raise Unreadable(f"line {number}: {error}") from None
            if skeletons:
                notes.append(f"The key points of {counted(skeletons, 'region')} were left out.")
            return told(found, notes=tuple(notes))

        return nullcontext(label_files(archive, pictures, ".txt", read, rooms=_ROOMS, names=about.names))

    def _regions(self, line: "_Line", size: Size, notes: list[str], number: int) -> list[dict[str, Any]]:
        places, (width, height) = line.places, size
        if len(places) == 4:
            x, y, across, down = places
            box = [(x - across / 2) * width, (y - down / 2) * height, across * width, down * height]
            return [line.about | {"box": box}]
        # In pixels, in which the size of a speck is what it looks like.
        parts = parts_of([[x * width, y * height] for x, y in _pairs(places)])
        count = len(parts.polygons)
        if count > 1 or parts.specks:
            each = "each became a region" if count > 1 else "it became a region"
            notes.append(f"Line {number} joins {counted(count, 'part')}: {each}.{parts.left()}")
        return [line.about | {"polygon": polygon} for polygon in parts.polygons]


class YoloRotatedReader(YoloReader):
    """Four corners of a rotated box behind the class, and perhaps how sure a model is."""

    name = "yolo_obb"
    title = "YOLO, rotated boxes (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether all lines have a class and four corners."""
        widths, about = _looked(path)
        return bool(widths) and widths <= {9, 10} and about.task in {"", "obb"} and not about.skeleton

    def _regions(self, line: "_Line", size: Size, notes: list[str], number: int) -> list[dict[str, Any]]:
        if len(line.places) != 8:
            raise Unreadable(f"a rotated box has {len(line.places)} numbers instead of 8")
        width, height = size
        return [line.about | four_corners([(x * width, y * height) for x, y in _pairs(line.places)])]


@dataclass(frozen=True, slots=True)
class _Line:
    """`about`: the class, and how sure a model is; `places`: as shares of the image's sides; `skeleton`: whether key
    points were left out."""

    about: dict[str, Any]
    places: Sequence[float]
    skeleton: bool


def _line(numbers: Sequence[float], of: AboutLines) -> _Line:
    """Raises Unreadable."""
    about: dict[str, Any] = {"label": _class(numbers, of.names)}
    places = numbers[1:]
    skeleton = of.skeleton > 0 and len(places) - of.skeleton in {_BOX, _BOX + 1}
    count = len(places) - (of.skeleton if skeleton else 0)
    if count % 2:
        about["score"] = places[-1]
    places = places[: _BOX if skeleton else count - count % 2]
    if not all(abs(place) <= _LARGEST for place in places):
        raise Unreadable("its numbers are not shares of the image's sides, from 0 to 1")
    return _Line(about, places, skeleton)


def _pairs(places: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(places[::2], places[1::2], strict=True))


def _class(numbers: Sequence[float], names: Sequence[str]) -> str:
    """The class's name. Raises Unreadable."""
    at = int(numbers[0]) if isfinite(numbers[0]) else -1
    if at != numbers[0] or not 0 <= at < len(names) or not names[at]:
        raise Unreadable(f"the class {numbers[0]:g} has no name in the archive")
    if len(numbers) < 5 or (len(numbers) == 6 and not 0 <= numbers[5] <= 1):
        raise Unreadable(f"it has {len(numbers)} numbers")
    return names[at]


def _lines(data: bytes) -> Iterator[tuple[int, list[float]]]:
    """The numbers of each line. Raises Unreadable naming the line."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Unreadable("it is not text") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, [number_in(part, f"line {number}: what stands there") for part in line.split()]


@dataclass(slots=True)
class _Widths:
    """How many numbers the lines of the first label files have. `files`: how many hold numbers alone; `others`: how
    many hold anything else; `cut`: lines at a file's end that are too short for a rotated box."""

    found: set[int] = field(default_factory=set)
    files: int = 0
    others: int = 0
    cut: list[int] = field(default_factory=list)

    def add(self, data: bytes) -> None:
        try:
            widths = [len(numbers) for _, numbers in _lines(data)]
        except Unreadable:
            self.others += 1
            return
        if widths:
            self.files += 1
            last = widths.pop() if widths[-1] < _CORNERS else None
            self.found |= set(widths)
            self.cut += [] if last is None else [last]

    def all(self) -> set[int]:
        """None if most files hold something else: one may be broken. The only short line among those of rotated boxes
        is one that broke off."""
        if self.files <= self.others:
            return set()
        rotated = self.files > 1 and bool(self.found) and self.found <= {_CORNERS, _CORNERS + 1}
        broke_off = rotated and len(self.cut) == 1
        return self.found if broke_off else self.found | set(self.cut)


def _looked(path: Path) -> tuple[set[int], AboutLines]:
    """How many numbers the lines of the first label files have, none if they hold anything else; and what the archive
    says of its lines. Where nothing names the classes, or what does is broken, the lines alone tell: what is missing is
    said when the file is read."""
    widths = _Widths()
    about = AboutLines([])
    try:
        with opened(path) as archive:
            files = label_files(
                archive, Pictures.of(archive), ".txt", lambda data, picture: Told(), rooms=_ROOMS, names=()
            )
            with suppress(InvalidInput):
                about = about_lines(archive)
            for data in files.first(_LOOKED_AT):
                widths.add(data)
    except InvalidInput:
        return set(), about
    return widths.all(), about
