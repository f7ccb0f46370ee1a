"""Shared parts of formats that define their items and labels themselves."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol

from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.pictures import Picture, Pictures
from exchange.formats.reading import Entries, Entry, Progress, RowError
from exchange.formats.records import RawSaid, Record
from exchange.formats.told import Told, fitted
from ground.errors import InvalidInput

# If none of the first entries is an item, the file has another format.
_LOOKED_AT = 100


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
    labels = said.value.get("labels")
    yield from (name for name in (labels if isinstance(labels, list) else ()) if isinstance(name, str))
    for elements in ("spans", "regions"):
        rows = said.value.get(elements)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("label"), str):
                yield row["label"]


def checked(first: Iterable[Entry], title: str, *, is_known: Callable[[], bool]) -> list[str]:
    """No columns, as there are none to choose from. Raises InvalidInput if none of the first entries is an item, unless
    the file `is_known` to be of the format: then it is each of them that is wrong, and each is told."""
    looked = list(islice(first, _LOOKED_AT))
    if not any(isinstance(entry, Record) for entry in looked) and not (looked and is_known()):
        reason = looked[0].reason if looked and isinstance(looked[0], RowError) else "It contains no items."
        raise InvalidInput(f"The file cannot be read as {title}: {reason}", field="file")
    return []


class AnnotatedTexts(ABC):
    """A format of texts with labels: subclasses only implement `_entries`."""

    name: str
    title: str
    extensions: tuple[str, ...]
    holds: Literal["text", "file"] = "text"
    annotates: frozenset[str] = frozenset({"spans"})

    @abstractmethod
    def _entries(self, path: Path, progress: Progress) -> Iterator[Entry]: ...

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """As `FileReader` has it."""

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The texts with their labels. Raises InvalidInput if the whole file is unreadable."""
        progress = Progress()
        return Entries.after(start, self._entries(path, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """None: the format defines its columns. Raises InvalidInput if the file has another format."""
        return checked(self._entries(path, Progress()), self.title, is_known=partial(self.recognises, path))

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first texts."""
        return list(islice(self._entries(path, Progress()), n))

    def classes(self, path: Path) -> list[str]:
        """Classes of its labels, in the order in which they come. Raises InvalidInput."""
        return classes_of(self._entries(path, Progress()))


class Annotations(Protocol):
    """The annotations of an archive's images."""

    def classes(self) -> Iterable[str]:
        """Names of the classes, as far as they are known without reading every label."""
        ...

    def of(self, picture: Picture) -> Told:
        """The annotations of one image. Raises Unreadable."""
        ...

    def left(self) -> Iterator[tuple[str, str]]:
        """Errors that concern no image, with remedies."""
        ...


class AnnotatedImages(ABC):
    """A format of images in a zip with annotations: subclasses only implement `_annotations`."""

    name: str
    title: str
    extensions: tuple[str, ...] = (".zip",)
    holds: Literal["text", "file"] = "file"
    annotates: frozenset[str] = frozenset({"regions"})
    # Endings of members that are read as streams.
    tables: tuple[str, ...] = ()

    @abstractmethod
    def _annotations(self, archive: Archive, pictures: "Pictures") -> AbstractContextManager[Annotations]: ...

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """As `FileReader` has it."""

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The images with their labels, in the order of the archive; then what belongs to no image. Raises
        InvalidInput for an unsafe archive."""
        progress = Progress()
        return Entries(self._entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """None: the format defines its columns. Raises InvalidInput if the file has another format."""
        return checked(self.rows(path), self.title, is_known=partial(self.recognises, path))

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
        told = fitted(told, picture)
    except Unreadable as error:
        reason = f"{picture.member[:200]}: {error}."
        return RowError(number, "file", reason, "Fix the image's annotations and import it again.")
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
