"""A zip of images; the folder of an image may name its class."""

import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal

from datasets.media.image_kinds import NAMES, image_kind
from exchange.formats.archives import Archive, ArchiveLimits, Unreadable, folder_of, opened
from exchange.formats.images.beside import ENDINGS, Beside
from exchange.formats.reading import FOLDER_LEVEL, Entries, Entry, ImageFile, Progress, RowError

# How images of annotated sets are told from their annotations. In a zip of images alone the bytes say what is one.
_ENDINGS = "png jpg jpeg jfif jpe pjpeg mpo webp gif tif tiff avif heic heif bmp"
IMAGE_EXTENSIONS = tuple(f".{ending}" for ending in _ENDINGS.split())


class ImageZipReader:
    """Images are numbered in the order of the archive. Files that hide themselves are passed over."""

    name = "images"
    title = "Zip of images"
    extensions: tuple[str, ...] = (".zip",)
    holds: Literal["text", "file"] = "file"
    annotates: frozenset[str] = frozenset()

    def __init__(self, limits: ArchiveLimits | None = None) -> None:
        self.limits = limits or ArchiveLimits()

    def recognises(self, path: Path) -> bool:
        """Any archive may be one of images."""
        return True

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Images; a member that is none, or is damaged, is a RowError.

        Raises InvalidInput, before the first image, for an archive that is unsafe in any member.
        """
        progress = Progress()
        return Entries(self._entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """`file`, and `folder` if images are in folders. Raises InvalidInput for an unsafe archive."""
        with opened(path, self.limits) as archive:
            members, tables = _members(archive)
            with _beside(archive, tables) as beside:
                return ["file", *folder_columns(member.filename for member in members), *beside.columns]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first images."""
        return list(islice(self.rows(path), n))

    def _entries(self, path: Path, start: int, progress: Progress) -> Iterator[Entry]:
        with opened(path, self.limits) as archive:
            members, tables = _members(archive)
            with _beside(archive, tables) as beside:
                for number, member in enumerate(members[start:], start=start + 1):
                    yield _read(archive, member, number, beside)
                    progress.count = member.header_offset + member.compress_size
                names = [member.filename for member in members]
                yield from islice(beside.complaints(names, after=len(members)), max(0, start - len(members)), None)
        progress.count = path.stat().st_size


def _members(archive: Archive) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """The files to read, and the tables among them."""
    tables = [member for member in archive.files if member.filename.lower().endswith(ENDINGS)]
    return [member for member in archive.files if not member.filename.lower().endswith(ENDINGS)], tables


def _read(archive: Archive, member: zipfile.ZipInfo, number: int, beside: Beside) -> ImageFile | RowError:
    name = member.filename
    try:
        data = archive.read(member)
    except Unreadable as error:
        return RowError(number, "file", f"{name[:200]} cannot be unpacked: {error}.", "Create the archive again.")
    if not may_be_image(name, data):
        return not_an_image(number, name)
    return ImageFile(number, name, folder_of(name), data, beside.fields(name))


def _beside(archive: Archive, tables: list[zipfile.ZipInfo]) -> Beside:
    return Beside.of((table.filename, partial(archive.stream, table)) for table in tables)


def folder_columns(names: Iterable[str]) -> list[str]:
    """`folder`, the innermost, if files are in folders; and each level from the top, where there are several."""
    depth = max((name.count("/") for name in names), default=0)
    levels = [f"{FOLDER_LEVEL}{number}" for number in range(1, depth + 1)] if depth > 1 else []
    return ["folder", *levels] if depth else []


def may_be_image(name: str, data: bytes) -> bool:
    """By its bytes, whatever it is called. What is only called like one is opened, and told to be none then."""
    return image_kind(data) is not None or name.lower().endswith(IMAGE_EXTENSIONS)


def not_an_image(number: int, name: str) -> RowError:
    """The report on a file of another kind."""
    return RowError(
        number,
        "file",
        f"{name[:200]} is not a supported image ({NAMES}).",
        "Leave the file out, or convert it.",
    )
