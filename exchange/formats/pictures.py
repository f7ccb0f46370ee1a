"""The images of an archive, found by what files call them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from datasets.media.headers import Header
from exchange.formats.archives import Archive
from exchange.formats.images.archive import IMAGE_EXTENSIONS
from exchange.formats.images.upright import header

_ALL_IMAGES = frozenset({"images", "jpegimages"})
_MASKS = frozenset({"segmentationclass", "segmentationobject"})
# Folders whose names describe their content, not an item.
_ROOMS = frozenset({"images", "jpegimages", "labels", "annotations", "labeltxt", "obj_train_data", "data"})

Size = tuple[int, int]
_DIGITS = re.compile(r"[0-9]{1,8}").fullmatch


def sides(width: object, height: object) -> Size | None:
    """The width and height that a file declares; None where it does not say them, as some write 0 for."""
    if isinstance(width, str) and isinstance(height, str):
        width, height = (
            int(one) if one.isdecimal() and one.isascii() and len(one) < 9 else 0 for one in (width, height)
        )
    return (width, height) if type(width) is int and type(height) is int and width > 0 < height else None


# Neither this nor what is said of it is frozen, which would make it dearer: an import makes one for each image.
@dataclass
class Picture:
    """An image of an archive. `id`: the path that it is known by, without the folder that holds all images."""

    member: str
    read: Callable[[], bytes]

    @cached_property
    def data(self) -> bytes:
        """Its bytes. Raises Unreadable."""
        return self.read()

    @cached_property
    def header(self) -> Header:
        """How large it is as it is stored, and how it is to be turned. Raises Unreadable."""
        return header(self.data)

    @cached_property
    def size(self) -> Size:
        """Width and height of the upright image in pixels. Raises Unreadable."""
        return self.header.upright

    @property
    def id(self) -> str:
        """What it is called in the product."""
        return item_name(self.member)


def item_name(member: str) -> str:
    """The name of an image: its path, without the folder that contains all images."""
    parts = member.split("/")
    for at, part in enumerate(parts[:-1]):
        if part.casefold() in _ALL_IMAGES:
            return "/".join((*parts[:at], *parts[at + 1 :]))
    return member


def key_of(member: str) -> str:
    """What an image and the file of its labels have in common: the path without ending, and without folders that are
    called by what lies in them."""
    path = PurePosixPath(member)
    return "/".join((*(part for part in path.parts[:-1] if part.casefold() not in _ROOMS), path.stem))


def is_swapped(image: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether one folder of labels lies where the other one of images does."""
    pairs = [(one.casefold(), other.casefold()) for one, other in zip(image, labels, strict=False) if one != other]
    return len(image) == len(labels) and len(pairs) == 1 and pairs[0][0] in _ALL_IMAGES and pairs[0][1] in _ROOMS


@dataclass(frozen=True)
class Pictures:
    """The images of an archive, found by what files call them."""

    members: list[Any]
    # By the last part of their paths.
    _tails: dict[str, str | list[str]]

    @classmethod
    def of(cls, archive: Archive) -> "Pictures":
        """All members that are called like images, and are no masks of others."""
        members = [
            one
            for one in archive.files
            if one.filename.lower().endswith(IMAGE_EXTENSIONS) and _MASKS.isdisjoint(one.filename.casefold().split("/"))
        ]
        tails: dict[str, str | list[str]] = {}
        for member in members:
            name = member.filename
            tail = name.rsplit("/", 1)[-1]
            there = tails.get(tail)
            if there is None:
                tails[tail] = name
            elif isinstance(there, str):
                tails[tail] = [there, name]
            else:
                there.append(name)
        return cls(members, tails)

    def find(self, called: str, split: str | None = None) -> str | None:
        """The member that is meant: under its path, or the end of it, if no other has that; of several, the one in a
        folder of the split. None if there is none, or it cannot be told which."""
        if "\\" in called or called.startswith("./"):
            called = called.replace("\\", "/").removeprefix("./")
        found = self._tails.get(called.rsplit("/", 1)[-1])
        if found is None or isinstance(found, str):
            return found
        if called in found:
            return called
        alike = [name for name in found if item_name(name) == called]
        alike = alike or [name for name in found if name.endswith(f"/{called}")]
        if len(alike) > 1 and split is not None:
            alike = [name for name in alike if split_of(name) == split]
        return alike[0] if len(alike) == 1 else None

    def lacks(self, called: str) -> tuple[str, str]:
        """Why none is found, and what to do about it."""
        tail = called.replace("\\", "/").rsplit("/", 1)[-1]
        found = self._tails.get(tail)
        if isinstance(found, list):
            names = " and ".join(name[:200] for name in found[:2])
            return f"{called[:200]!r}: {len(found):,} images match this name, {names}.", _NAME_IT
        return f"{called[:200]!r}: there is no such image.", "Add the image to the zip."


_NAME_IT = "Use the image's full path in the zip."


def split_of(member: str) -> str | None:
    """The split that the folders of a member are called by."""
    return next((SPLITS[part] for part in member.casefold().split("/")[:-1] if part in SPLITS), None)


SPLITS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "train2017": "train",
    "val2017": "validation",
    "test2017": "test",
}
