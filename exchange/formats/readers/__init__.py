"""File formats that items come in. One file each; this registry is the whole list (see docs/add_a_format.md).

A package of its own adds formats through the entry point group `countersign.import_formats`; each entry point names
a `FileReader` object. `folder` joins them when the operator names the folder of the server below which it may read
(`allow_folder`).
"""

from pathlib import Path

from exchange.formats.readers.base import Entries, Entry, FileReader, ImageFile, Row, RowError
from exchange.formats.readers.csv_reader import CsvReader
from exchange.formats.readers.image_folder import ImageFolderReader
from exchange.formats.readers.image_zip import ImageZipReader
from exchange.formats.readers.json_reader import JsonReader
from exchange.formats.readers.jsonl_reader import JsonlReader
from exchange.formats.readers.text_reader import TextReader
from ground.entry_points import add_installed
from ground.errors import InvalidInput

ENTRY_POINT_GROUP = "countersign.import_formats"
FOLDER = ImageFolderReader.name

FILE_READERS: dict[str, FileReader] = {
    "csv": CsvReader(),
    "jsonl": JsonlReader(),
    "json": JsonReader(),
    "text": TextReader(),
    "images": ImageZipReader(),
}
add_installed(FILE_READERS, ENTRY_POINT_GROUP)

# What else people call a format.
OTHER_NAMES = {"tsv": "csv", "ndjson": "jsonl", "txt": "text", "zip": "images"}


def allow_folder(root: Path) -> None:
    """Let folders of images below `root` be imported."""
    FILE_READERS[FOLDER] = ImageFolderReader(root)


def folder_reader() -> ImageFolderReader:
    """The reader of the server's folder. Raises InvalidInput when the operator allows none."""
    reader = FILE_READERS.get(FOLDER)
    if not isinstance(reader, ImageFolderReader):
        raise InvalidInput("Importing from a folder of the server is off: set IMPORT_FOLDER.", field="path")
    return reader


__all__ = [
    "ENTRY_POINT_GROUP",
    "FILE_READERS",
    "FOLDER",
    "OTHER_NAMES",
    "Entries",
    "Entry",
    "FileReader",
    "ImageFile",
    "ImageFolderReader",
    "Row",
    "RowError",
    "allow_folder",
    "folder_reader",
]
