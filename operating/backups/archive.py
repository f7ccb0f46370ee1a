"""The archive of a backup: a tar whose last members list every other with size and SHA-256.
It is written and read as a stream; neither files nor the list of files are held in memory."""

import hashlib
import io
import json
import os
import tarfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import ijson

from ground.errors import BackupRefused

# Incremented when older versions can no longer read the archive.
FORMAT = 1
DUMP = "database.dump"
FOLDERS = ("media", "models", "exports", "uploads", "secrets")
MANIFEST = "manifest.json"
# The SHA-256 of the manifest, as sha256sum writes it.
SEAL = "manifest.json.sha256"
PIECE = 1_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: `offset` is where its bytes start."""

    name: str
    offset: int
    size: int


class Section(io.RawIOBase):
    """The bytes of one member, read without moving the archive's own position."""

    def __init__(self, stream: BinaryIO, member: Member) -> None:
        self._handle = stream.fileno()
        self._place = member.offset
        self._end = member.offset + member.size

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; 0 at the end."""
        data = os.pread(self._handle, min(len(buffer), self._end - self._place), self._place)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def digest(self) -> str:
        """The SHA-256, in hex, of the rest."""
        found = hashlib.sha256()
        while piece := self.read(PIECE):
            found.update(piece)
        return found.hexdigest()


class ArchiveWriter:
    """Adds files one by one; `close` writes the manifest. `listing` is a scratch file for their list."""

    def __init__(self, stream: BinaryIO, listing: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see close
        self._listing = listing
        self.files = 0

    def add(self, path: Path, name: str) -> None:
        """Add the file as it is now; what is appended meanwhile is left out. Raises OSError."""
        with path.open("rb") as file:
            there = os.fstat(file.fileno())
            reader = _HashingReader(file)
            self._write(name, reader, there.st_size, int(there.st_mtime))
        line = json.dumps({"name": name, "size": there.st_size, "sha256": reader.digest.hexdigest()})
        self._listing.write(f"{',' if self.files else ''}\n{line}".encode())
        self.files += 1

    def close(self, head: dict[str, Any]) -> None:
        """Write the manifest (`head` and the list of files) and its checksum."""
        start = json.dumps({"format": FORMAT, **head}).removesuffix("}") + ', "files": ['
        whole = _HashingReader(_Chain([io.BytesIO(start.encode()), self._listing, io.BytesIO(b"\n]}\n")]))
        size = len(start.encode()) + self._listing.tell() + len(b"\n]}\n")
        self._listing.seek(0)
        self._write(MANIFEST, whole, size, 0)
        seal = _seal(whole.digest.hexdigest())
        self._write(SEAL, io.BytesIO(seal), len(seal), 0)
        self._tar.close()

    def _write(self, name: str, source: Any, size: int, modified: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, modified, 0o600
        self._tar.addfile(info, source)
        _forget(self._tar)


class _HashingReader:
    """Hashes what is read through it."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data: bytes = self._source.read(size)
        self.digest.update(data)
        return data


class _Chain:
    """Several streams, read as one. A read fills the whole size unless everything ends."""

    def __init__(self, streams: list[Any]) -> None:
        self._streams = streams

    def read(self, size: int) -> bytes:
        found = b""
        while self._streams and len(found) < size:
            piece = self._streams[0].read(size - len(found))
            if not piece:
                self._streams.pop(0)
            found += piece
        return found


def _seal(digest: str) -> bytes:
    return f"{digest}  {MANIFEST}\n".encode()


def _forget(tar: tarfile.TarFile) -> None:
    """A TarFile keeps every header it has read: for a million files that would be a gigabyte."""
    tar.members = []  # type: ignore[attr-defined]


def members(stream: BinaryIO) -> Iterator[Member]:
    """Every member in order.
    Raises BackupRefused for anything but plain files in known folders, and for a damaged tar."""
    stream.seek(0)
    try:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            while (info := tar.next()) is not None:
                _forget(tar)
                if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.issparse():
                    raise BackupRefused(f"The file is not a backup of Countersign: {info.name!r} is not a plain file.")
                if not _is_safe(info.name):
                    raise BackupRefused(
                        f"The file is not a backup of Countersign: {info.name!r} does not belong in it."
                    )
                yield Member(info.name, info.offset_data, info.size)
    except tarfile.TarError as error:
        raise BackupRefused(f"The archive is damaged ({error}). Use another copy.") from None


def _is_safe(name: str) -> bool:
    if name in {DUMP, MANIFEST, SEAL}:
        return True
    path = PurePosixPath(name)
    return (
        str(path) == name
        and len(path.parts) > 1
        and path.parts[0] in FOLDERS
        and not {".", ".."} & set(path.parts)
        and "\0" not in name
    )


def checked(stream: BinaryIO) -> dict[str, Any]:
    """The manifest without its list of files, after verifying every byte of the archive.
    Raises BackupRefused."""
    manifest, seal = _last_two(stream)
    head = _manifest(stream, manifest, seal)
    listed = ijson.items(io.BufferedReader(Section(stream, manifest)), "files.item")
    for member, line in zip_longest(contents(stream), listed):
        if member is None or line is None or (member.name, member.size) != (line.get("name"), line.get("size")):
            name = member.name if member else (line or {}).get("name")
            raise BackupRefused(f"The archive is damaged: {name!r} does not match its manifest. Use another copy.")
        if Section(stream, member).digest() != line.get("sha256"):
            raise BackupRefused(f"The archive is damaged: {member.name!r} was modified. Use another copy.")
    return head


def contents(stream: BinaryIO) -> Iterator[Member]:
    """The members listed in the manifest: all but the last two. Raises BackupRefused."""
    window: deque[Member] = deque()
    for member in members(stream):
        window.append(member)
        if len(window) > 2:
            yield window.popleft()


def _last_two(stream: BinaryIO) -> tuple[Member, Member]:
    last = deque(members(stream), maxlen=2)
    if [member.name for member in last] != [MANIFEST, SEAL]:
        raise BackupRefused("The archive has no manifest at its end: it is truncated, or not a backup of Countersign.")
    return last[0], last[1]


def _manifest(stream: BinaryIO, manifest: Member, seal: Member) -> dict[str, Any]:
    if Section(stream, seal).read(PIECE) != _seal(Section(stream, manifest).digest()):
        raise BackupRefused("The archive is damaged: its manifest was modified. Use another copy.")
    builder = ijson.ObjectBuilder()
    try:
        for prefix, event, value in ijson.parse(io.BufferedReader(Section(stream, manifest))):
            if prefix == "files":
                break
            builder.event(event, value)
        head: dict[str, Any] = builder.value
        made_in = int(head["format"])
    except (ijson.JSONError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(f"The manifest of the archive cannot be read: {error}.") from None
    if made_in > FORMAT:
        raise BackupRefused(
            f"The backup has format {made_in}, made by Countersign {head.get('countersign')}; this version reads "
            f"formats up to {FORMAT}. Restore it with that version or a newer one."
        )
    return head


def first(stream: BinaryIO) -> Member:
    """The database dump. Raises BackupRefused if the archive does not start with it."""
    for member in islice(contents(stream), 1):
        if member.name == DUMP:
            return member
    raise BackupRefused("The archive contains no database.")
