"""What a format must offer to carry labels out: a streaming writer of items, and what it cannot carry, told before."""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Literal, Protocol, Self

from kinds import Extent, LabelTask, LabelValue

_BLOCK = 1 << 20
# All members of an archive bear the same date, so that the same rows give the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class About:
    """The dataset that an export is of. `stores`: whether its items are texts or files; `metadata`: whether items'
    metadata goes with them; `files`: whether the items' files do, in formats that are archives; `mark`: whether a table
    begins with a byte order mark, for Excel."""

    name: str
    task: LabelTask
    stores: Literal["text", "file"] = "text"
    metadata: bool = False
    files: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the machine says of an item: the value, how sure it is of it, and of each of its elements; `empty`: how sure
    it is that there is nothing."""

    value: LabelValue
    confidence: float | None
    parts: Sequence[float | None] | None
    empty: float | None = None


# Not frozen, which would make it dearer: an export makes one for each of its items.
@dataclass(slots=True, kw_only=True)
class ExportItem:
    """One item with its final label. `file`: the name of its file, where it is one; `value`: the label in normal form,
    None where there is none; `labels`: its class names, where a label is that; `source`: human, auto or None."""

    id: int
    external_id: str
    text: str
    file: str | None
    extent: Extent
    value: LabelValue | None
    labels: list[str] | None
    prediction: Predicted | None
    source: str | None
    confidence: float | None
    labeler: str | None
    model_version: int | None
    reviewer: str | None
    decided_at: str | None
    policy_version: int | None
    split: str | None
    metadata: dict[str, Any] | None = None
    # The bytes of its file; None where it is a text.
    read: Callable[[], bytes] | None = None


class Target:
    """Where a format writes: one stream, or named members of an archive on it. The stream stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._archive: zipfile.ZipFile | None = None
        self._later: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._later.values():
            file.close()
        if self._archive is not None:
            # Half an archive would be finished by its destructor, on a stream that takes no more.
            self._archive.fp = None

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A member of the archive, one at a time, in the order in which they come."""
        if self._archive is None:
            self._archive = zipfile.ZipFile(self.stream, "w", zipfile.ZIP_DEFLATED)
        about = zipfile.ZipInfo(name, _LONG_AGO)
        about.compress_type = zipfile.ZIP_DEFLATED
        about.external_attr = 0o644 << 16
        with self._archive.open(about, "w", force_zip64=True) as member:
            yield member

    def write_member(self, name: str, data: bytes) -> None:
        """A small member as a whole."""
        with self.member(name) as member:
            member.write(data)

    def later(self, name: str) -> IO[bytes]:
        """A member that is written to while others are, and put behind them at the end. On disk until then."""
        return self._later.setdefault(name, tempfile.TemporaryFile())

    def drop(self, name: str) -> None:
        """No such member, after all."""
        self._later.pop(name).close()

    def close(self) -> None:
        """Write what was kept for later, and the archive's directory, if there is one."""
        for name, file in self._later.items():
            file.seek(0)
            with self.member(name) as member:
                shutil.copyfileobj(file, member, _BLOCK)
        if self._archive is not None:
            self._archive.close()


class FileWriter(Protocol):
    """One file being written, item by item; the same items always give the same bytes."""

    def write(self, item: ExportItem) -> None:
        """Append one item."""
        ...

    def close(self) -> None:
        """Write what is left; the target is closed by whoever opened it."""
        ...


class FileFormat(Protocol):
    """A format: its name in the API, its file ending, what it can carry, and how a writer is opened."""

    name: str
    title: str
    extension: str
    media_type: str

    @property
    def carries(self) -> frozenset[str] | None:
        """The task kinds whose labels it can hold; None: all."""
        ...

    def open(self, target: Target, about: About) -> FileWriter:
        """A writer on the target."""
        ...

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """What of the item's label the format cannot carry, each in words for people; empty for nearly all."""
        ...


def in_memory(format: FileFormat, about: About, items: Sequence[ExportItem]) -> bytes:
    """A few items as a file."""
    stream = io.BytesIO()
    with Target(stream) as target:
        writer = format.open(target, about)
        for item in items:
            writer.write(item)
        writer.close()
        target.close()
    return stream.getvalue()
