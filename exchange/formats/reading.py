"""What a file format must offer: its entries as a stream, with positions, in constant memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Literal, Protocol

from exchange.formats.records import Record

# Characters of one value, and bytes of one line or row, at most.
MAX_VALUE = 1_000_000
# Columns of images: `folder level 1` is the topmost of the folders that a file lies in.
FOLDER_LEVEL = "folder level "


@dataclass(frozen=True, slots=True)
class Row:
    """One row that could be read. `number` is how people find it: the line of a text file, the row of a sheet, the
    place in a list; `notes`: what is doubtful about it."""

    number: int
    fields: dict[str, object]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that cannot be imported: what is wrong with which field, and what to do about it."""

    number: int
    field: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image file. `name` is its path inside the archive or folder, `folder` the name of the folder it lies in;
    `beside`: what a table beside it says of it, by column."""

    number: int
    name: str
    folder: str
    data: bytes
    beside: Mapping[str, object] = field(default_factory=dict)

    def level(self, number: int) -> str:
        """The name of the folder so many levels from the top, empty where there is none."""
        levels = self.name.split("/")[:-1]
        return levels[number - 1] if 0 < number <= len(levels) else ""


Entry = Row | RowError | ImageFile | Record


@dataclass
class Progress:
    """How many bytes of the file have been read: a file object that is asked, or a count that is kept."""

    source: IO[bytes] | None = None
    count: int = 0

    @property
    def bytes_read(self) -> int:
        """Bytes so far; what is buffered counts as read."""
        if self.source is not None and not self.source.closed:
            self.count = self.source.tell()
        return self.count


@dataclass
class Entries:
    """The entries of one file in their order, `bytes_read` of it so far."""

    _stream: Iterator[Entry]
    _progress: Progress = field(default_factory=Progress)

    @classmethod
    def after(cls, start: int, stream: Iterator[Entry], progress: Progress) -> "Entries":
        """The entries that follow the first `start`: how an import that was stopped goes on."""
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
    # Task kinds whose labels its entries bring with them, as Records. Empty: its entries are rows or files, and a
    # mapping says what their columns mean.
    annotates: frozenset[str]

    @property
    def holds(self) -> Literal["text", "file"]:
        """What the content of its items is: item kinds that store such can be filled from it."""
        ...

    def recognises(self, path: Path) -> bool:
        """Whether the file looks like one of this format, by what it holds: it decides among the formats that its
        ending leaves. Never raises for a file, however odd."""
        ...

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """The file's entries without the first `start`, read as they are asked for.

        A row that cannot be read is a RowError, and the rest follows. Raises InvalidInput, when the entries are
        asked for, if the file as a whole cannot be read.
        """
        ...

    def columns(self, path: Path) -> list[str]:
        """Names of the columns that a mapping can use. Raises InvalidInput if the file cannot be read."""
        ...

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first entries, to look at before importing. Raises InvalidInput if the file cannot be read."""
        ...


class AnnotatedReader(FileReader, Protocol):
    """A file format that says itself what its items and their labels are."""

    def classes(self, path: Path) -> list[str]:
        """Names of the classes that its labels use, in the file's order. Raises InvalidInput if it cannot be read."""
        ...
