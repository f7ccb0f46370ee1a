"""What formats have in common that say themselves what their items and labels are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

from datasets.media.headers import Header
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.images.archive import IMAGE_EXTENSIONS
from exchange.formats.images.upright import header, turned
from exchange.formats.reading import Entries, Entry, Progress, RowError
from exchange.formats.records import RawSaid, Record
from ground.errors import InvalidInput

# Entries among which one must be an item, or the file is of another format.
_LOOKED_AT = 100
_ALL_IMAGES = frozenset({"images", "jpegimages"})
_MASKS = frozenset({"segmentationclass", "segmentationobject"})
# Folders whose names say what lies in them, and nothing of an item.
_ROOMS = frozenset({"images", "jpegimages", "labels", "annotations", "labeltxt", "obj_train_data", "data"})


def classes_of(entries: Iterable[Entry]) -> list[str]:
    """Names of the classes that the labels of these entries use, in the order in which they come first."""
    found: dict[str, None] = {}
    for entry in entries:
        if isinstance(entry, Record):
            for said in (entry.label, entry.prediction):
                found.update(dict.fromkeys(_names(said)))
    return list(found)


def _names(said: RawSaid | None) -> Iterator[str]:
    if said is None:
        return
    if not isinstance(said.value, Mapping):
        yield from said.value
        return
    for elements in ("spans", "regions"):
        rows = said.value.get(elements)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("label"), str):
                yield row["label"]


def checked(first: Iterable[Entry], title: str) -> list[str]:
    """No columns, as there are none to choose from. Raises InvalidInput if none of the first entries is an item."""
    looked = list(islice(first, _LOOKED_AT))
    if not any(isinstance(entry, Record) for entry in looked):
        reason = looked[0].reason if looked and isinstance(looked[0], RowError) else "It holds no items."
        raise InvalidInput(f"The file cannot be read as {title}: {reason}", field="file")
    return []


class AnnotatedTexts:
    """A format of texts with labels: `_entries` is all that it has to write."""

    name: str
    title: str
    extensions: tuple[str, ...]
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset({"spans"})

    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]:
        raise NotImplementedError

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The texts with their labels. Raises InvalidInput if the file as a whole cannot be read."""
        progress = Progress()
        return Entries.after(start, self._entries(path, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """None: the format says itself what is what. Raises InvalidInput if the file is of another format."""
        return checked(self._entries(path, Progress()), self.title)

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first texts."""
        return list(islice(self._entries(path, Progress()), n))

    def classes(self, path: Path) -> list[str]:
        """Classes of its labels, in the order in which they come. Raises InvalidInput."""
        return classes_of(self._entries(path, Progress()))


Size = tuple[int, int]


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


@dataclass(slots=True)
class Told:
    """What an archive says of one image. `notes`: what of it could not be taken; `declared`: the width and height that
    the archive says the image has, where places are in pixels."""

    label: RawSaid | None = None
    prediction: RawSaid | None = None
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    declared: Size | None = None


class Annotations(Protocol):
    """What an archive says of its images."""

    def classes(self) -> Iterable[str]:
        """Names of the classes, as far as they are known without reading every label."""
        ...

    def of(self, picture: Picture) -> Told:
        """What it says of one. Raises Unreadable."""
        ...

    def left(self) -> Iterator[tuple[str, str]]:
        """What belongs to no image or cannot be read, and what to do about it."""
        ...


class AnnotatedImages:
    """A format of images in a zip with labels beside them: `_annotations` is all that it has to write."""

    name: str
    title: str
    extensions: tuple[str, ...] = (".zip",)
    holds: Literal["text", "file"] = "file"
    annotates: frozenset[str] = frozenset({"regions"})
    # Endings of members that are read as streams.
    tables: tuple[str, ...] = ()

    def _annotations(self, archive: Archive, pictures: "Pictures") -> AbstractContextManager[Annotations]:
        raise NotImplementedError

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The images with their labels, in the order of the archive; then what belongs to no image. Raises
        InvalidInput for an unsafe archive."""
        progress = Progress()
        return Entries(self._entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """None: the format says itself what is what. Raises InvalidInput if the file is of another format."""
        return checked(self.rows(path), self.title)

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first images."""
        return list(islice(self.rows(path), n))

    def classes(self, path: Path) -> list[str]:
        """Classes of its labels. Raises InvalidInput."""
        with opened(path, tables=self.tables) as archive:
            pictures = Pictures.of(archive)
            with self._annotations(archive, pictures) as annotations:
                return list(dict.fromkeys(annotations.classes()))

    def _entries(self, path: Path, start: int, progress: Progress) -> Iterator[Entry]:
        with opened(path, tables=self.tables) as archive:
            pictures = Pictures.of(archive)
            with self._annotations(archive, pictures) as annotations:
                for number, member in enumerate(pictures.members[start:], start=start + 1):
                    picture = Picture(member.filename, partial(archive.read, member))
                    yield _record(number, picture, annotations)
                    progress.count = member.header_offset + member.compress_size
                size = len(pictures.members)
                for number, (reason, remedy) in enumerate(
                    islice(annotations.left(), max(0, start - size), None), start=max(start, size) + 1
                ):
                    yield RowError(number, "file", reason, remedy)
        progress.count = path.stat().st_size


def _record(number: int, picture: Picture, annotations: Annotations) -> Record | RowError:
    try:
        told = annotations.of(picture)
        data = picture.data
        if told.declared is not None and told.declared != picture.size:
            told = _fitted(told, picture)
    except Unreadable as error:
        reason = f"{picture.member[:200]}: {error}."
        return RowError(number, "file", reason, "Mend what is said of the image and import it again.")
    return Record(
        number,
        picture.id,
        image=data,
        label=told.label,
        prediction=told.prediction,
        split=told.split,
        metadata=told.metadata,
        notes=told.notes,
    )


def _fitted(told: Told, picture: Picture) -> Told:
    """What is said of an image that has another size than the archive declares. Raises Unreadable, unless there are no
    places in it, or its sides are only swapped: as those of a photo are that was not turned yet as it asks for."""
    assert told.declared is not None  # noqa: S101 - or nobody asks
    (width, height), (across, down) = told.declared, picture.size
    if not any(_regions(said) for said in (told.label, told.prediction)):
        return told
    if (width, height) != (down, across):
        raise Unreadable(
            f"what is said of it is of an image of {width:,} × {height:,} pixels, and it has {across:,} × {down:,}"
        )
    if picture.header.orientation < 5:
        note = "Its width and height stand in the file the wrong way round: places were taken as they are."
        return replace(told, notes=(*told.notes, note))
    sides = [
        said and replace(said, value={"regions": turned(_regions(said), picture.header)})
        for said in (told.label, told.prediction)
    ]
    note = "Places are those of the image as it is stored: they were turned with it, as its EXIF asks for."
    return replace(told, label=sides[0], prediction=sides[1], notes=(*told.notes, note))


def _regions(said: RawSaid | None) -> list[Any]:
    if said is None or not isinstance(said.value, Mapping):
        return []
    rows = said.value.get("regions")
    return rows if isinstance(rows, list) else []


def item_name(member: str) -> str:
    """What an image is called: its path, without the folder that all images lie in."""
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
