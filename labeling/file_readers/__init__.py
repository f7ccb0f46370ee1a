"""File formats that items come in. One file each; this registry is the whole list (see docs/add_a_format.md)."""

from labeling.file_readers.base import Entries, Entry, FileReader, ImageFile, Row, RowError
from labeling.file_readers.csv_reader import CsvReader
from labeling.file_readers.jsonl_reader import JsonlReader

FILE_READERS: dict[str, FileReader] = {
    "csv": CsvReader(),
    "jsonl": JsonlReader(),
}

__all__ = ["FILE_READERS", "Entries", "Entry", "FileReader", "ImageFile", "Row", "RowError"]
