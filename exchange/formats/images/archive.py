"""A zip of images; the folder that an image lies in may name its class. Nothing is ever unpacked onto the disk."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from exchange.formats.images.beside import ENDING, Beside
from exchange.formats.images.zip_directory import directory_of
from exchange.formats.reading import Entries, Entry, ImageFile, Progress, RowError
from ground.errors import InvalidInput

IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_ENCRYPTED = 0x1
_BLOCK = 1 << 20
# Bytes of a member in the directory, with a long name and what systems add.
_LONGEST_ENTRY = 1_000


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold: files, members that its directory lists, bytes of one and of all, and bytes that one
    stored byte may become."""

    members: int = 200_000
    # With folders, and with what systems hide between the files.
    listed: int = 500_000
    member_bytes: int = 50_000_000
    total_bytes: int = 100_000_000_000
    ratio: int = 200


class ImageZipReader:
    """Images are numbered in the order of the archive. Files that hide themselves are passed over."""

    name = "images"
    title = "Zip of images"
    extensions: tuple[str, ...] = (".zip",)
    holds: Literal["text", "file"] = "file"
    annotates: frozenset[str] = frozenset()

    def __init__(self, limits: ArchiveLimits | None = None) -> None:
        self.limits = limits or ArchiveLimits()

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Images; a member that is none, or is damaged, is a RowError.

        Raises InvalidInput, before the first image, for an archive that is unsafe in any member.
        """
        progress = Progress()
        return Entries(self._entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """`file`, and `folder` if images lie in any. Raises InvalidInput for an unsafe archive."""
        with _opened(path, self.limits) as archive:
            members, tables = self._members(archive)
            folders = {folder_of(member.filename) for member in members}
            with _beside(archive, tables) as beside:
                return ["file", *(["folder"] if any(folders) else []), *beside.columns]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first images."""
        return list(islice(self.rows(path), n))

    def _entries(self, path: Path, start: int, progress: Progress) -> Iterator[Entry]:
        with _opened(path, self.limits) as archive:
            members, tables = self._members(archive)
            with _beside(archive, tables) as beside:
                for number, member in enumerate(members[start:], start=start + 1):
                    yield self._read(archive, member, number, beside)
                    progress.count = member.header_offset + member.compress_size
                names = [member.filename for member in members]
                yield from islice(beside.complaints(names, after=len(members)), max(0, start - len(members)), None)
        progress.count = path.stat().st_size

    def _members(self, archive: zipfile.ZipFile) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
        """The files to read, and the tables among them. Raises InvalidInput if any member, read or not, is unsafe."""
        members = archive.infolist()
        files = [member for member in members if not member.is_dir() and not is_hidden(member.filename)]
        if len(files) > self.limits.members:
            raise _unsafe(f"it has {len(files):,} files; at most {self.limits.members:,} are read at once. Split it")
        total = 0
        for member in members:
            _check_name(member)
            total += member.file_size
            if member.file_size > self.limits.member_bytes:
                raise _unsafe(f"{_shown(member)} has more than {self.limits.member_bytes:,} bytes")
            # Python reads no more of a member than its entry declares, so what is declared bounds what is read.
            if member.file_size > _BLOCK and member.file_size > self.limits.ratio * max(member.compress_size, 1):
                raise _unsafe(f"{_shown(member)} unpacks to over {self.limits.ratio} times its size")
        if total > self.limits.total_bytes:
            raise _unsafe(f"its members have more than {self.limits.total_bytes:,} bytes in all")
        tables = [member for member in files if member.filename.lower().endswith(ENDING)]
        return [member for member in files if not member.filename.lower().endswith(ENDING)], tables

    def _read(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, number: int, beside: Beside
    ) -> ImageFile | RowError:
        name = member.filename
        if not name.lower().endswith(IMAGE_EXTENSIONS):
            return not_an_image(number, name)
        try:
            data = self._bytes(archive, member)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
            reason = f"{name[:200]} cannot be unpacked: {error}."
            return RowError(number, "file", reason, "Make the archive again.")
        return ImageFile(number, name, folder_of(name), data, beside.fields(name))

    def _bytes(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
        parts, size = [], 0
        with archive.open(member) as file:
            while part := file.read(_BLOCK):
                size += len(part)
                if size > self.limits.member_bytes:
                    raise ValueError("it is larger than it declares")
                parts.append(part)
        return b"".join(parts)


def _beside(archive: zipfile.ZipFile, tables: list[zipfile.ZipInfo]) -> Beside:
    return Beside.of((table.filename, partial(archive.open, table)) for table in tables)


def folder_of(name: str) -> str:
    """The name of the folder that the file lies in, empty at the top."""
    return PurePosixPath(name).parent.name


def is_hidden(name: str) -> bool:
    """Whether the file, or a folder above it, is a system's own business."""
    return any(part == "__MACOSX" or part.startswith(".") or part == "Thumbs.db" for part in PurePosixPath(name).parts)


def not_an_image(number: int, name: str) -> RowError:
    """The report on a file of another kind."""
    return RowError(
        number,
        "file",
        f"{name[:200]} is not an image: its name does not end in {', '.join(IMAGE_EXTENSIONS)}.",
        "Leave the file out, or convert it.",
    )


def _opened(path: Path, limits: ArchiveLimits) -> zipfile.ZipFile:
    """The archive, whose directory was judged before it is read: each member costs memory."""
    try:
        directory = directory_of(path)
        if directory.members > limits.listed or directory.size > limits.listed * _LONGEST_ENTRY:
            raise _unsafe(f"it lists {directory.members:,} members; at most {limits.listed:,} are read")
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InvalidInput(f"The file is not a zip archive: {error}. Make it again.", field="file") from None


def _check_name(member: zipfile.ZipInfo) -> None:
    name = member.filename
    drive = len(name) > 1 and name[1] == ":"
    if name.startswith(("/", "\\")) or drive or ".." in name.replace("\\", "/").split("/"):
        raise _unsafe(f"the name {_shown(member)} leads out of the archive")
    if len(name) > 300 or any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in name):
        raise _unsafe(f"the name {_shown(member)} is too long or holds control characters")
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _unsafe(f"{_shown(member)} is a link or a device")
    if member.flag_bits & _ENCRYPTED:
        raise _unsafe(f"{_shown(member)} is encrypted")


def _shown(member: zipfile.ZipInfo) -> str:
    return ascii(member.filename[:100])


def _unsafe(reason: str) -> InvalidInput:
    return InvalidInput(
        f"The archive is refused as a whole: {reason}. Nothing was imported. Make the archive again.", field="file"
    )
