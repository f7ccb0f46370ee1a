"""The interface of file writers: a streaming writer of items, and what the format cannot represent."""

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
# All members of an archive have the same date, so that the same rows give the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class About:
    """The exported dataset. `stores`: whether its items are texts or files; `metadata`: include the items' metadata;
    `files`: include the items' files, in formats that are archives; `mark`: start a table with a byte order mark, for
    Excel."""

    name: str
    task: LabelTask
    stores: Literal["text", "file"] = "text"
    metadata: bool = False
    files: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Predicted:
    """The prediction of an item: value, confidence, and that of each element; `empty`: the confidence that there are
    none."""

    value: LabelValue
    confidence: float | None
    parts: Sequence[float | None] | None
    empty: float | None = None


# Not frozen, as that is slower: an export creates one per item.
@dataclass(slots=True, kw_only=True)
class ExportItem:
    """One item with its final label. `file`: the name of its file, if any; `value`: the label in normal form, None if
    there is none; `labels`: its class names, if it is classification; `source`: human, auto or None."""

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
    # The bytes of its file; None for a text.
    read: Callable[[], bytes] | None = None


class Target:
    """The output of a format: one stream, or named members of an archive on it. The stream stays open."""

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
            # The destructor would otherwise finish a half-written archive on a closed stream.
            self._archive.fp = None

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member of the archive; one at a time."""
        if self._archive is None:
            self._archive = zipfile.ZipFile(self.stream, "w", zipfile.ZIP_DEFLATED)
        about = zipfile.ZipInfo(name, _LONG_AGO)
        about.compress_type = zipfile.ZIP_DEFLATED
        about.external_attr = 0o644 << 16
        with self._archive.open(about, "w", force_zip64=True) as member:
            yield member

    def write_member(self, name: str, data: bytes) -> None:
        """Write a small member at once."""
        with self.member(name) as member:
            member.write(data)

    def later(self, name: str) -> IO[bytes]:
        """A member written in parallel with others and appended at the end; kept on disk until then."""
        return self._later.setdefault(name, tempfile.TemporaryFile())

    def drop(self, name: str) -> None:
        """Discard that member."""
        self._later.pop(name).close()

    def close(self) -> None:
        """Write deferred members, and the archive's directory, if there is one."""
        for name, file in self._later.items():
            file.seek(0)
            with self.member(name) as member:
                shutil.copyfileobj(file, member, _BLOCK)
        if self._archive is not None:
            self._archive.close()


class FileWriter(Protocol):
    """Writes one file, item by item; the same items always give the same bytes."""

    def write(self, item: ExportItem) -> None:
        """Append one item."""
        ...

    def close(self) -> None:
        """Finish; the caller that opened the target closes it."""
        ...


class FileFormat(Protocol):
    """A format: its name in the API, extension, capabilities, and writer."""

    name: str
    title: str
    extension: str
    media_type: str

    @property
    def carries(self) -> frozenset[str] | None:
        """The task kinds whose labels it supports; None: all."""
        ...

    def open(self, target: Target, about: About) -> FileWriter:
        """A writer on the target."""
        ...

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """What the format cannot represent of the item's label, in words; empty for nearly all."""
        ...


def in_memory(format: FileFormat, about: About, items: Sequence[ExportItem]) -> bytes:
    """A small file of these items."""
    stream = io.BytesIO()
    with Target(stream) as target:
        writer = format.open(target, about)
        for item in items:
            writer.write(item)
        writer.close()
        target.close()
    return stream.getvalue()
