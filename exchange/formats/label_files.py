"""Formats with a file of labels for each image, found by its path without ending and without the folders' names."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePosixPath

from exchange.formats.annotated import classes_of
from exchange.formats.archives import Archive, Unreadable
from exchange.formats.pictures import SPLITS, Picture, Pictures, is_swapped, key_of, split_of
from exchange.formats.records import Record
from exchange.formats.told import Told

# (bytes of the label file, the image) -> what they say. Raises Unreadable.
Read = Callable[[bytes, Picture], Told]


@dataclass
class LabelFiles:
    """`files`: label files by their own path; `of_image`: that of each image that has one."""

    archive: Archive
    read: Read
    of_image: Mapping[str, zipfile.ZipInfo]
    alone: Sequence[str]
    names: Sequence[str] | None = None
    splits: Mapping[str, str] = field(default_factory=dict)

    def first(self, most: int) -> Iterator[bytes]:
        """The first so many label files that can be unpacked: what tells the format."""
        for member in islice(self.of_image.values(), most):
            with suppress(Unreadable):
                yield self.archive.read(member)

    def classes(self) -> Iterable[str]:
        """Those that label files use, in the order in which the archive declares them, or else as they come."""
        used = dict.fromkeys(self._used())
        return used if self.names is None else [name for name in self.names if name in used]

    def _used(self) -> Iterator[str]:
        for name, member in self.of_image.items():
            # A class is told without the size of the image.
            nothing = Picture(name, lambda: b"")
            nothing.__dict__["size"] = (1, 1)
            with suppress(Unreadable):
                told = self.read(self.archive.read(member), nothing)
                yield from classes_of([Record(0, label=told.label, prediction=told.prediction)])

    def of(self, picture: Picture) -> Told:
        """What the file beside it says; nothing where there is none."""
        member = self.of_image.get(picture.member)
        split = self.splits.get(picture.member)
        if member is None:
            return Told(split=split)
        try:
            told = self.read(self.archive.read(member), picture)
        except Unreadable as error:
            raise Unreadable(f"{member.filename[:200]}, {error}") from None
        return replace(told, split=told.split or split)

    def left(self) -> Iterator[tuple[str, str]]:
        """Label files without an image."""
        for name in self.alone:
            yield f"{name[:200]}: there is no image of that name.", "Add the image to the zip, or remove the file."


def label_files(
    archive: Archive,
    pictures: Pictures,
    ending: str,
    read: Read,
    *,
    rooms: Sequence[str] | None,
    names: Sequence[str] | None,
) -> LabelFiles:
    """The label files of an archive. `rooms`: folders whose files are all label files; None: all files of the ending
    are."""
    files = [one for one in archive.files if one.filename.lower().endswith(ending)]
    of_image = _paired(pictures, files)
    used = {one.filename for one in of_image.values()}
    alone = [
        one.filename
        for one in files
        if one.filename not in used
        and (rooms is None or {part.casefold() for part in PurePosixPath(one.filename).parts} & set(rooms))
    ]
    return LabelFiles(archive, read, of_image, alone, names, splits_of(archive, pictures))


def _paired(pictures: Pictures, files: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The label file of each image that has one: under the same path, or, where no two images or files are called the
    same, under the same name."""
    by_key: dict[str, list[zipfile.ZipInfo]] = {}
    by_stem: dict[str, zipfile.ZipInfo | None] = {}
    for file in files:
        by_key.setdefault(key_of(file.filename), []).append(file)
        stem = PurePosixPath(file.filename).stem
        by_stem[stem] = None if stem in by_stem else file
    stems: dict[str, int] = {}
    folders: dict[str, set[str]] = {}
    for image in pictures.members:
        path = PurePosixPath(image.filename)
        stems[path.stem] = stems.get(path.stem, 0) + 1
        folders.setdefault(key_of(image.filename), set()).add(str(path.parent))
    found: dict[str, zipfile.ZipInfo] = {}
    for image in pictures.members:
        key, stem = key_of(image.filename), PurePosixPath(image.filename).stem
        alike = by_key.get(key, [])
        if len(alike) > 1 or (alike and len(folders[key]) > 1):
            mine = _nearest(image.filename, alike)
        elif alike:
            mine = alike[0]
        else:
            mine = by_stem.get(stem) if stems[stem] == 1 else None
        if mine is not None:
            found[image.filename] = mine
    return found


def _nearest(image: str, files: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """Of several files for one path that which lies beside the image, or in a folder of labels instead of its folder of
    images."""
    parts = PurePosixPath(image).parts[:-1]
    beside = [one for one in files if PurePosixPath(one.filename).parts[:-1] == parts]
    swapped = [one for one in files if is_swapped(parts, PurePosixPath(one.filename).parts[:-1])]
    return next(iter((*beside, *swapped)), None)


def splits_of(archive: Archive, pictures: Pictures) -> dict[str, str]:
    """The split of each image: by lists that are called train.txt, val.txt or test.txt, else by its folder."""
    splits = {}
    for image in pictures.members:
        split = split_of(image.filename)
        if split:
            splits[image.filename] = split
    stems: dict[str, str] = {}
    for image in pictures.members:
        stems.setdefault(PurePosixPath(image.filename).stem, image.filename)
    for file in archive.files:
        path = PurePosixPath(file.filename)
        if path.suffix != ".txt" or path.stem not in SPLITS or path.parent.name in {"labels", "labelTxt"}:
            continue
        with suppress(Unreadable, UnicodeDecodeError):
            for line in archive.read(file).decode().splitlines():
                name = line.split()[0] if line.split() else ""
                member = pictures.find(line.strip()) or pictures.find(name) or stems.get(name)
                if member:
                    splits[member] = SPLITS[path.stem]
    return splits
