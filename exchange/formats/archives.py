"""Zip archives: validated as a whole before anything is read, and never unpacked to disk."""

import io
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, cast

from exchange.formats.members import whole
from exchange.formats.zip_directory import directory_of
from ground.composing import composed
from ground.errors import InvalidInput

_ENCRYPTED = 0x1
_UTF8 = 0x800
_BLOCK = 1 << 20
# Bytes of a member in the directory, with a long name and what systems add.
_LONGEST_ENTRY = 1_000
# Bytes before those of a member.
_LEAST_HEADER = 30
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_SYSTEM = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
# Names that hide nothing and lead nowhere, as nearly all are: parts that begin with a letter or a digit.
_PLAIN = re.compile(
    r"(?:[0-9A-Za-z][-0-9A-Za-z_ .()+,=@#]{0,99}/){0,2}[0-9A-SU-Za-z][-0-9A-Za-z_ .()+,=@#]{0,90}"
).fullmatch


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits of an archive: files, listed members, bytes of one and of all, and the compression ratio. `table_bytes`:
    for a file read as a stream, such as the annotations of all images."""

    members: int = 200_000
    # With folders, and with what systems hide between the files.
    listed: int = 500_000
    member_bytes: int = 50_000_000
    table_bytes: int = 10_000_000_000
    total_bytes: int = 100_000_000_000
    ratio: int = 200


DEFAULT_LIMITS = ArchiveLimits()


class Unreadable(ValueError):
    """A member that cannot be read or is invalid; its text completes "the file …"."""


@dataclass(frozen=True)
class Archive:
    """A validated archive. `files`: its members in order, without folders and hidden files."""

    archive: zipfile.ZipFile
    files: list[zipfile.ZipInfo]
    limits: ArchiveLimits

    def read(self, member: zipfile.ZipInfo) -> bytes:
        """The member's bytes. Raises Unreadable."""
        if member.file_size <= self.limits.member_bytes and (data := whole(self.archive, member)) is not None:
            return data
        parts, size = [], 0
        with self.stream(member) as file:
            while part := file.read(_BLOCK):
                size += len(part)
                if size > self.limits.member_bytes:
                    raise Unreadable("it is larger than it declares")
                parts.append(part)
        return b"".join(parts)

    @contextmanager
    def stream(self, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """The member as a stream. Raises Unreadable, now or while it is read."""
        try:
            file = self.archive.open(member)
        except DAMAGED as error:
            raise Unreadable(str(error)) from None
        with file:
            yield cast(IO[bytes], _Pieces(file))


DAMAGED = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


class _Pieces(io.BufferedIOBase):
    """A member as it is unpacked: any piece may turn out to be damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            return self._file.read(-1 if size is None else size)
        except DAMAGED as error:
            raise Unreadable(str(error)) from None

    def readline(self, size: int | None = -1) -> bytes:
        try:
            return self._file.readline(-1 if size is None else size)
        except DAMAGED as error:
            raise Unreadable(str(error)) from None


@contextmanager
def opened(path: Path, limits: ArchiveLimits = DEFAULT_LIMITS, *, tables: tuple[str, ...] = ()) -> Iterator[Archive]:
    """Open the archive. `tables`: extensions of members that are read as streams and may be larger than others.
    Raises InvalidInput if it is not a zip file, or if any member, used or not, is unsafe."""
    with _zip_file(path, limits) as archive:
        files = _checked(archive, limits, tables)
        _forget(archive)
        yield Archive(archive, files, limits)


def _zip_file(path: Path, limits: ArchiveLimits) -> zipfile.ZipFile:
    """The archive, whose directory is checked before it is read: each member costs memory."""
    try:
        directory = directory_of(path)
        if directory.members > limits.listed or directory.size > limits.listed * _LONGEST_ENTRY:
            raise _unsafe(f"it lists {directory.members:,} members; at most {limits.listed:,} are read")
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InvalidInput(f"The file is not a zip archive: {error}. Create it again.", field="file") from None


def _forget(archive: zipfile.ZipFile) -> None:
    """Free unused fields, a third of the memory of a directory: dates, and members by name."""
    archive.NameToInfo.clear()
    for member in archive.filelist:
        member.date_time = _NO_DATE


def _checked(archive: zipfile.ZipFile, limits: ArchiveLimits, tables: tuple[str, ...]) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    for member in members:
        if not _PLAIN(member.filename):
            member.filename = _name_of(member)
    files = [member for member in members if not member.is_dir() and not is_hidden(member.filename)]
    if len(files) > limits.members:
        raise _unsafe(f"it has {len(files):,} files; at most {limits.members:,} are read at once. Split it")
    total = 0
    _check_places(members)
    for member in members:
        _check_name(member)
        total += member.file_size
        most = limits.table_bytes if tables and member.filename.lower().endswith(tables) else limits.member_bytes
        if member.file_size > most:
            raise _unsafe(f"{_shown(member)} has more than {most:,} bytes")
        # Python reads no more of a member than its entry declares, so the declared size is a limit.
        if member.file_size > _BLOCK and member.file_size > limits.ratio * max(member.compress_size, 1):
            raise _unsafe(f"{_shown(member)} unpacks to over {limits.ratio} times its size")
    if total > limits.total_bytes:
        raise _unsafe(f"its members have more than {limits.total_bytes:,} bytes in all")
    return files


def _name_of(member: zipfile.ZipInfo) -> str:
    """The member's intended path: with slashes, in NFC. Many programs write UTF-8 without the flag for it; Python then
    decodes the bytes as code page 437, which fits almost no UTF-8."""
    name = member.filename
    if not member.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return path_in(name)


def path_in(name: str) -> str:
    """A path as archives are read: with slashes, in composed characters (NFC)."""
    return name if _PLAIN(name) else composed(name.replace("\\", "/"))


def levels_of(name: str) -> tuple[str, ...]:
    """The names of the folders that contain the file, from the top."""
    return PurePosixPath(name).parts[:-1]


def folder_of(name: str) -> str:
    """The name of the folder that contains the file, empty at the top."""
    return PurePosixPath(name).parent.name


def is_hidden(name: str) -> bool:
    """Whether the file, or a folder above it, is a hidden system file."""
    if _PLAIN(name):
        return name.endswith("desktop.ini")
    return any(part.startswith(".") or part in _SYSTEM for part in PurePosixPath(name).parts)


def _check_places(members: list[zipfile.ZipInfo]) -> None:
    """Members must not overlap: few bytes would otherwise unpack to very many."""
    end = 0
    for member in members:
        if member.header_offset < end:
            break
        end = member.header_offset + _LEAST_HEADER + member.compress_size
    else:
        return
    ends = sorted((one.header_offset, one.header_offset + _LEAST_HEADER + one.compress_size) for one in members)
    if any(next_begin < end for (_, end), (next_begin, _) in pairwise(ends)):
        raise _unsafe("its members overlap")


def _check_name(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if not _PLAIN(name):
        _check_odd_name(member, name)
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _unsafe(f"{_shown(member)} is a link or a device")
    if member.flag_bits & _ENCRYPTED:
        raise _unsafe(f"{_shown(member)} is encrypted")


def _check_odd_name(member: zipfile.ZipInfo, name: str) -> None:
    drive = len(name) > 1 and name[1] == ":"
    if name.startswith(("/", "\\")) or drive or ".." in name.replace("\\", "/").split("/"):
        raise _unsafe(f"the name {_shown(member)} points outside the archive")
    if len(name) > 300 or any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in name):
        raise _unsafe(f"the name {_shown(member)} is too long or holds control characters")


def _shown(member: zipfile.ZipInfo) -> str:
    return ascii(member.filename[:100])


def _unsafe(reason: str) -> InvalidInput:
    return InvalidInput(
        f"The whole archive is rejected: {reason}. Nothing was imported. Create the archive again.", field="file"
    )
