"""What a format must offer to carry final labels out: a streaming writer of rows."""

from typing import Any, BinaryIO, Protocol

ExportRow = dict[str, Any]


class FileWriter(Protocol):
    """One file being written, row by row; the same rows always give the same bytes."""

    def write(self, row: ExportRow) -> None:
        """Append one row; all rows of a file have the same keys in the same order."""
        ...

    def close(self) -> None:
        """Write what is left; the stream itself stays open."""
        ...


class FileFormat(Protocol):
    """A format: its name in the API, its file ending, and how a writer is opened on a binary stream."""

    name: str
    title: str
    extension: str
    media_type: str

    def open(self, stream: BinaryIO, columns: list[str]) -> FileWriter:
        """A writer on the stream."""
        ...
