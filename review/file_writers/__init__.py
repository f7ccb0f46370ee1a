"""Formats that final labels leave in. One file each; this registry is the whole list (see docs/add_a_format.md)."""

from review.file_writers.base import ExportRow, FileFormat, FileWriter
from review.file_writers.csv import CommaSeparated
from review.file_writers.jsonl import JsonLines

FILE_FORMATS: dict[str, FileFormat] = {"jsonl": JsonLines(), "csv": CommaSeparated()}

__all__ = ["FILE_FORMATS", "ExportRow", "FileFormat", "FileWriter"]
