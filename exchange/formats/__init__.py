"""File formats: one folder each, with its reader and writer, listed in these registries (see docs/add_a_format.md).
Other packages add formats through two groups of entry points: `countersign.import_formats` names `FileReader` objects,
`countersign.export_formats` names `FileFormat` objects. `folder` is added to the readers when the operator sets the
folder of the server that may be read (`allow_folder`)."""

from pathlib import Path

from exchange.formats.images.folder import ImageFolderReader
from exchange.formats.reading import AnnotatedReader, Entries, Entry, FileReader, ImageFile, Row, RowError
from exchange.formats.records import RawSaid, Record
from exchange.formats.writing import About, ExportItem, FileFormat, FileWriter, Predicted, Target
from ground.entry_points import Registry
from ground.errors import InvalidInput

IMPORT_FORMATS = "countersign.import_formats"
EXPORT_FORMATS = "countersign.export_formats"
FOLDER = ImageFolderReader.name


def _readers() -> dict[str, FileReader]:
    from exchange.formats.own import READERS  # noqa: PLC0415

    return READERS


def _formats() -> dict[str, FileFormat]:
    from exchange.formats.own import FORMATS  # noqa: PLC0415

    return FORMATS


# Loaded on first use: a process that handles no files does not need a hundred modules.
FILE_READERS: Registry[FileReader] = Registry(IMPORT_FORMATS, _readers)
FILE_FORMATS: Registry[FileFormat] = Registry(EXPORT_FORMATS, _formats)

# Aliases of formats.
OTHER_NAMES = {
    "tsv": "csv",
    "ndjson": "jsonl",
    "txt": "text",
    "zip": "images",
    "xlsx": "excel",
    "xls": "excel",
    "ods": "excel",
}


def allow_folder(root: Path) -> None:
    """Allow importing folders of images below `root`."""
    FILE_READERS[FOLDER] = ImageFolderReader(root)


def folder_reader() -> ImageFolderReader:
    """The reader of the server's folder. Raises InvalidInput if none is allowed."""
    reader = FILE_READERS.get(FOLDER)
    if not isinstance(reader, ImageFolderReader):
        raise InvalidInput("Importing from a folder of the server is off: set IMPORT_FOLDER.", field="path")
    return reader


__all__ = [
    "EXPORT_FORMATS",
    "FILE_FORMATS",
    "FILE_READERS",
    "FOLDER",
    "IMPORT_FORMATS",
    "OTHER_NAMES",
    "About",
    "AnnotatedReader",
    "Entries",
    "Entry",
    "ExportItem",
    "FileFormat",
    "FileReader",
    "FileWriter",
    "ImageFile",
    "ImageFolderReader",
    "Predicted",
    "RawSaid",
    "Record",
    "Row",
    "RowError",
    "Target",
    "allow_folder",
    "folder_reader",
]
