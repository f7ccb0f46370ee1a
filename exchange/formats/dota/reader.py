"""DOTA: beside each image a text file with four corners, the class and whether it is difficult, a line an object."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.label_files import LabelFiles, label_files
from exchange.formats.pictures import Picture, Pictures
from exchange.formats.regions import four_corners, number_in, told
from exchange.formats.told import Told
from ground.errors import InvalidInput

# Files, and lines of each, that are sampled to recognise the format: some may be broken.
_LOOKED_AT, _LINES = 20, 50
_HEAD = ("imagesource:", "gsd:")


class DotaReader(AnnotatedImages):
    """Four corners become the rotated box that they are, else a polygon. Lines before the objects, such as
    `imagesource:` and `gsd:`, are passed over."""

    name = "dota"
    title = "DOTA (zip)"

    def recognises(self, path: Path) -> bool:
        """Whether lines of files beside images hold eight numbers and a word."""
        try:
            with opened(path) as archive:
                found = _files(archive, Pictures.of(archive)).first(_LOOKED_AT)
                return any(_has_a_word(line) for data in found for line in _lines_or_none(data)[:_LINES])
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return nullcontext(_files(archive, pictures))


def _files(archive: Archive, pictures: Pictures) -> LabelFiles:
    return label_files(archive, pictures, ".txt", _read, rooms=("labeltxt",), names=None)


def _has_a_word(line: str) -> bool:
    """Whether the value after eight numbers is not a number."""
    try:
        words = _region(line, 1)["label"].split()
    except Unreadable:
        return False
    return not all(map(_is_number, words))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _lines_or_none(data: bytes) -> list[str]:
    try:
        return _lines(data)
    except Unreadable:
        return []


def _lines(data: bytes) -> list[str]:
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Unreadable("it is not text") from None
    return [line for line in lines if line.strip() and not line.casefold().lstrip().startswith(_HEAD)]


def _read(data: bytes, picture: Picture) -> Told:
    return told([_region(line, number) for number, line in enumerate(_lines(data), start=1)])


def _region(line: str, number: int) -> dict[str, Any]:
    parts = line.split()
    if len(parts) < 9:
        raise Unreadable(f"object {number} has {len(parts)} parts instead of eight numbers and a class")
    places = [number_in(part, f"a corner of object {number}") for part in parts[:8]]
    difficult = parts[-1] if len(parts) > 9 and parts[-1].isdecimal() else ""
    label = " ".join(parts[8:-1] if difficult else parts[8:])
    region: dict[str, Any] = {"label": label, **four_corners(list(zip(places[::2], places[1::2], strict=True)))}
    return region | ({"attributes": {"difficult": difficult}} if difficult not in {"", "0"} else {})
