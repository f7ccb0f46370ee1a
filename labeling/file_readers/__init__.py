"""File formats that items come in. One file each; this registry is the whole list (see docs/add_a_format.md).

`ImageFolderReader` is not in it: it needs to be told below which folder of the server it may read.
"""

from labeling.file_readers.base import Entries, Entry, FileReader, ImageFile, Row, RowError
from labeling.file_readers.csv_reader import CsvReader
from labeling.file_readers.image_folder import ImageFolderReader
from labeling.file_readers.image_zip import ImageZipReader
from labeling.file_readers.json_reader import JsonReader
from labeling.file_readers.jsonl_reader import JsonlReader
from labeling.file_readers.text_reader import TextReader

FILE_READERS: dict[str, FileReader] = {
    "csv": CsvReader(),
    "jsonl": JsonlReader(),
    "json": JsonReader(),
    "text": TextReader(),
    "images": ImageZipReader(),
}

__all__ = ["FILE_READERS", "Entries", "Entry", "FileReader", "ImageFile", "ImageFolderReader", "Row", "RowError"]
