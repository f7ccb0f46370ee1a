"""A folder of images on the server, below a folder that the operator allows."""

import os
from collections.abc import Iterator
from functools import partial
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Literal

from exchange.formats.archives import folder_of, is_hidden
from exchange.formats.images.archive import folder_columns, may_be_image, not_an_image
from exchange.formats.images.beside import ENDINGS, Beside
from exchange.formats.reading import Entries, Entry, ImageFile, Progress, RowError
from ground.composing import composed
from ground.errors import InvalidInput

MAX_BYTES = 50_000_000


class ImageFolderReader:
    """Images are numbered in the order of their paths. `root`: the only folder below which files may be read."""

    name = "folder"
    title = "Folder of images on the server"
    extensions: tuple[str, ...] = ()
    holds: Literal["text", "file"] = "file"
    annotates: frozenset[str] = frozenset()

    def __init__(self, root: Path) -> None:
        self.root = root

    def recognises(self, path: Path) -> bool:
        """Always false: there is no uploaded file."""
        return False

    def rows(self, path: Path, *, start: int = 0) -> Entries:
        """Images; a file that is none, or that leads out of the root, is a RowError. Raises InvalidInput."""
        progress = Progress()
        return Entries(self._entries(path, start, progress), progress)

    def columns(self, path: Path) -> list[str]:
        """`file`, and `folder` if images are in folders. Raises InvalidInput."""
        folder = self._checked(path)
        with _beside(folder) as beside:
            return ["file", *folder_columns(_images(folder)), *beside.columns]

    def preview(self, path: Path, n: int = 10) -> list[Entry]:
        """The first images."""
        return list(islice(self.rows(path), n))

    def _checked(self, path: Path) -> Path:
        """The folder without links. Raises InvalidInput if it is not below the root."""
        root = self.root.resolve()
        try:
            folder = path.resolve()
            inside = folder.is_relative_to(root) and folder.is_dir()
        except (OSError, ValueError):  # a link that leads to itself, a NUL, a name that is too long
            inside = False
        if not inside:
            shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
            raise InvalidInput(f"The server's import folder contains no folder {str(shown)!r}.", field="path")
        return folder

    def size(self, path: Path) -> int:
        """Bytes of all files that `rows` would look at. Raises InvalidInput."""
        folder = self._checked(path)
        return sum((folder / name).stat().st_size for name in _names(folder) if (folder / name).is_file())

    def _entries(self, path: Path, start: int, progress: Progress) -> Iterator[Entry]:
        folder = self._checked(path)
        read = 0
        with _beside(folder) as beside:
            for number, name in enumerate(_images(folder), start=1):
                read = number
                if number <= start:
                    continue
                entry = self._read(folder, name, number, beside)
                if isinstance(entry, ImageFile):
                    progress.count += len(entry.data)
                yield entry
            yield from islice(beside.complaints(_images(folder), after=read), max(0, start - read), None)

    def _read(self, folder: Path, name: str, number: int, beside: Beside) -> ImageFile | RowError:
        file = (folder / name).resolve()
        try:
            if not file.is_relative_to(self.root.resolve()) or not file.is_file():
                return RowError(number, "file", f"{name} points outside the folder.", "Copy the file into the folder.")
            if file.stat().st_size > MAX_BYTES:
                return RowError(number, "file", f"{name} has more than {MAX_BYTES:,} bytes.", "Make it smaller.")
            data = file.read_bytes()
        except OSError as error:
            return RowError(number, "file", f"{name} cannot be read: {error.strerror}.", "Make the file readable.")
        if not may_be_image(name, data):
            return not_an_image(number, name)
        called = composed(name)
        return ImageFile(number, called, folder_of(called), data, beside.fields(called))


def _images(folder: Path) -> Iterator[str]:
    return (name for name in _names(folder) if not name.lower().endswith(ENDINGS))


def _beside(folder: Path) -> Beside:
    tables = (name for name in _names(folder) if name.lower().endswith(ENDINGS))
    return Beside.of((name, partial(_opened, folder / name)) for name in tables if (folder / name).is_file())


def _opened(path: Path) -> BufferedReader:
    return path.open("rb")


def _names(folder: Path) -> Iterator[str]:
    """Paths below the folder, always in the same order; folders that are links are not entered."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            name = (Path(where) / file).relative_to(folder).as_posix()
            if not is_hidden(name):
                yield name
