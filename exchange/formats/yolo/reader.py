"""YOLO: beside each image a file with a line for each object; numbers are shares of the image's width and height."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.label_files import label_files
from exchange.formats.pictures import Picture, Pictures
from exchange.formats.regions import four_corners, number_in, told
from exchange.formats.told import Told
from ground.errors import InvalidInput

_ROOMS = ("labels", "obj_train_data")
# Files that are looked at to know the format again.
_LOOKED_AT = 50
_MOST_YAML = 1_000_000
_YAML = (".yaml", ".yml")


class YoloReader(AnnotatedImages):
    """Boxes have four numbers behind the class, polygons six and more; one number more is how sure a model is. An image
    without a file has no label; with an empty one it is known to show nothing."""

    name = "yolo"
    title = "YOLO, boxes and polygons (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether label files hold numbers alone, and not all of them corners of rotated boxes: where a file does not
        say which of the two they are, four corners are a rotated box."""
        widths, task = _widths(path)
        return bool(widths) and (task in {"detect", "segment"} or (task != "obb" and not widths <= {9, 10}))

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        names = _names(archive)

        def read(data: bytes, picture: Picture) -> Told:
            return told([self._region(numbers, names, picture) for numbers in _lines(data)])

        return nullcontext(label_files(archive, pictures, ".txt", read, rooms=_ROOMS, names=names))

    def _region(self, numbers: Sequence[float], names: Sequence[str], picture: Picture) -> dict[str, Any]:
        label, places = _class(numbers, names), numbers[1:]
        width, height = picture.size
        about: dict[str, Any] = {"label": label}
        if len(places) % 2:
            about["score"], places = places[-1], places[:-1]
        if len(places) == 4:
            x, y, across, down = places
            box = [(x - across / 2) * width, (y - down / 2) * height, across * width, down * height]
            return about | {"box": box}
        return about | {"polygon": [[[x * width, y * height] for x, y in _pairs(places)]]}


class YoloRotatedReader(YoloReader):
    """Four corners of a rotated box behind the class, and perhaps how sure a model is."""

    name = "yolo_obb"
    title = "YOLO, rotated boxes (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether all lines have a class and four corners."""
        widths, task = _widths(path)
        return bool(widths) and widths <= {9, 10} and task in {"", "obb"}

    def _region(self, numbers: Sequence[float], names: Sequence[str], picture: Picture) -> dict[str, Any]:
        label, places = _class(numbers, names), numbers[1:]
        if len(places) not in {8, 9}:
            raise Unreadable(f"a rotated box has {len(places)} numbers instead of 8")
        width, height = picture.size
        about: dict[str, Any] = {"label": label} | ({"score": places[8]} if len(places) == 9 else {})
        return about | four_corners([(x * width, y * height) for x, y in _pairs(places[:8])])


def _pairs(places: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(places[::2], places[1::2], strict=True))


def _class(numbers: Sequence[float], names: Sequence[str]) -> str:
    """The class's name. Raises Unreadable."""
    at = int(numbers[0])
    if at != numbers[0] or not 0 <= at < len(names) or not names[at]:
        raise Unreadable(f"the class {numbers[0]:g} has no name in the archive")
    if len(numbers) < 5 or (len(numbers) == 6 and not 0 <= numbers[5] <= 1):
        raise Unreadable(f"a line has {len(numbers)} numbers")
    return names[at]


def _lines(data: bytes) -> list[list[float]]:
    """The numbers of each line. Raises Unreadable naming the line."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Unreadable("it is no text") from None
    return [
        [number_in(part, f"line {number}: what stands there") for part in line.split()]
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _widths(path: Path) -> tuple[set[int], str]:
    """How many numbers the lines of the first label files have, none if they hold anything else; and what the archive
    says that they are, if it does."""
    widths: set[int] = set()
    task = ""
    try:
        with opened(path) as archive:
            pictures = Pictures.of(archive)
            _names(archive)
            task = _task(archive)
            found = label_files(
                archive, pictures, ".txt", lambda data, picture: Told(), rooms=_ROOMS, names=()
            ).of_image.values()
            for member in islice(found, _LOOKED_AT):
                widths |= {len(line) for line in _lines(archive.read(member))}
    except (InvalidInput, Unreadable):
        return set(), ""
    return widths, task


def _task(archive: Archive) -> str:
    """What our own writer says in data.yaml. Ultralytics passes over it."""
    for member in archive.files:
        if member.filename.endswith(_YAML) and member.file_size <= _MOST_YAML:
            told_by = yaml.safe_load(archive.read(member))
            if isinstance(told_by, dict) and "names" in told_by:
                return str(told_by.get("task", ""))
    return ""


def _names(archive: Archive) -> list[str]:
    """The classes by number, from a YAML file with `names`, else from classes.txt or a file of names. Raises
    InvalidInput if there is none, or if the labels are of key points."""
    for member in archive.files:
        path = PurePosixPath(member.filename)
        try:
            if path.suffix in _YAML and member.file_size <= _MOST_YAML:
                if (names := _of_yaml(archive.read(member))) is not None:
                    return names
            elif path.name == "classes.txt" or path.suffix == ".names":
                return [line.strip() for line in archive.read(member).decode().splitlines() if line.strip()]
        except (Unreadable, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InvalidInput(f"{member.filename} cannot be read: {error}.", field="file") from None
    raise InvalidInput(
        "The archive does not name its classes. Add data.yaml with names, or classes.txt with one name a line.",
        field="file",
    )


def _of_yaml(data: bytes) -> list[str] | None:
    told_by = yaml.safe_load(data)
    if not isinstance(told_by, dict) or "names" not in told_by:
        return None
    if told_by.get("kpt_shape"):
        raise InvalidInput("The labels are key points, which regions cannot hold.", field="file")
    names = told_by["names"]
    if isinstance(names, dict):
        # Numbers that are not there have no name, and no label may use them.
        last = max((number for number in names if isinstance(number, int)), default=-1)
        return [str(names.get(number, "")) for number in range(min(last, 100_000) + 1)]
    return [str(name) for name in names] if isinstance(names, list) else None
