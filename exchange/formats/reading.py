"""The interface of file readers: entries as a stream, with positions, in constant memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Literal, Protocol

from exchange.formats.records import Record

# Maximum characters of one value, and bytes of one line or row.
MAX_VALUE = 1_000_000
# Columns of images: `folder level 1` is the topmost folder of a file.
FOLDER_LEVEL = "folder level "


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row. `number` is how users find it: the line of a text file, the row of a sheet, the index in a
    list; `notes`: doubts about it."""

    number: int
    fields: dict[str, object]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that cannot be imported: field, reason and remedy."""

    number: int
    field: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image file. `name` is its path inside the archive or folder, `folder` the name of its folder; `beside`:
    columns of a table beside it."""

    number: int
    name: str
    folder: str
    data: bytes
    beside: Mapping[str, object] = field(default_factory=dict)

    def level(self, number: int) -> str:
        """The name of the folder at that level from the top; empty if there is none."""
        levels = self.name.split("/")[:-1]
        return levels[number - 1] if 0 < number <= len(levels) else ""


Entry = Row | RowError | ImageFile | Record


@dataclass
class Progress:
    """How many bytes of the file have been read: asked from a file object, or counted."""

    source: IO[bytes] | None = None
    count: int = 0

    @property
    def bytes_read(self) -> int:
        """Bytes so far; buffered ones count as read."""
        if self.source is not None and not self.source.closed:
            self.count = self.source.tell()
        return self.count


@dataclass
class Entries:
    """The entries of one file in order, with the progress in bytes."""

    _stream: Iterator[Entry]
    _progress: Progress = field(default_factory=Progress)

    @classmethod
    def after(cls, start: int, stream: Iterator[Entry], progress: Progress) -> "Entries":
        """The entries after the first `start`, for resuming an import."""
        return cls(islice(stream, start, None), progress)

    @property
    def bytes_read(self) -> int:
        """Bytes of the file that have been read."""
        return self._progress.bytes_read

    def __iter__(self) -> "Entries":
        return self

    def __next__(self) -> Entry:
        return next(self._stream)


class FileReader(Protocol):
    """A file format."""

    name: str
    title: str
    # With the dot, lower case.
    extensions: tuple[str, ...]
    # Task kinds whose labels its entries contain, as Records. Empty: its entries are rows or files, and a mapping
    # defines their columns.
    annotates: frozenset[str]

    @property
    def holds(self) -> Literal["text", "file"]:
        """The content of its items; item kinds with that content can be imported."""
        ...

    def recognises(self, path: Path) -> bool:
        """Whether the file looks like this format, by content, among the formats for its extension. Never raises,
        whatever the file."""
        ...

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The file's entries without the first `start`, read lazily.
        An unreadable row is a RowError, and the rest follows. Raises InvalidInput during iteration if the whole file is
        unreadable."""
        ...

    def columns(self, path: Path) -> list[str]:
        """Names of the columns for a mapping. Raises InvalidInput if the file cannot be read."""
        ...

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first entries for a preview. Raises InvalidInput if the file cannot be read."""
        ...


class AnnotatedReader(FileReader, Protocol):
    """A file format that defines its items and labels itself."""

    def classes(self, path: Path) -> list[str]:
        """Class names of its labels, in the file's order. Raises InvalidInput if it cannot be read."""
        ...
