"""Formats that final labels leave in. One file each; this registry is the whole list (see docs/add_a_format.md).

A package of its own adds formats through the entry point group `countersign.export_formats`; each entry point names
a `FileFormat` object.
"""

from exchange.formats.writers.base import ExportRow, FileFormat, FileWriter
from exchange.formats.writers.csv import CommaSeparated
from exchange.formats.writers.jsonl import JsonLines
from ground.entry_points import add_installed

ENTRY_POINT_GROUP = "countersign.export_formats"

FILE_FORMATS: dict[str, FileFormat] = {"jsonl": JsonLines(), "csv": CommaSeparated()}
add_installed(FILE_FORMATS, ENTRY_POINT_GROUP)

__all__ = ["ENTRY_POINT_GROUP", "FILE_FORMATS", "ExportRow", "FileFormat", "FileWriter"]
