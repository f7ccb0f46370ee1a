"""The size of a zip archive's directory, from its last record, before the directory is read.

PKWARE's APPNOTE.TXT, 4.3.14 to 4.3.16: the record of the end, and that of zip64, which a locator points to.
"""

import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 0xFFFF


_MEMBER = b"PK\1\2"
# A directory is read no further: its size alone is too much.
_MOST_BYTES = 100_000_000


class Directory(NamedTuple):
    """Members that the directory lists, or that stand in it, whichever are more; and its bytes."""

    members: int
    size: int


def directory_of(path: Path) -> Directory:
    """What the archive holds of a directory. Python reads as many bytes of it as the last record says, however many
    members that record admits to.

    Raises BadZipFile if the file ends like no archive, OSError.
    """
    with path.open("rb") as file:
        length = file.seek(0, 2)
        begin = max(0, length - _LONGEST_COMMENT - _END.size)
        file.seek(begin)
        tail = file.read()
        place = tail.rfind(b"PK\5\6", 0, len(tail) - _END.size + 4)
        if place < 0:
            raise zipfile.BadZipFile("File is not a zip file")
        *_, members, size, _, _ = _END.unpack_from(tail, place)
        end = begin + place
        if (large := _zip64(file, end, length)) is not None:
            members, size, end = large
        if size <= _MOST_BYTES:
            file.seek(max(0, end - size))
            members = max(members, file.read(size).count(_MEMBER))
        return Directory(members, size)


def _zip64(file: BinaryIO, end: int, length: int) -> tuple[int, int, int] | None:
    """Members, bytes and end of the directory by the record for large archives; None if there is none."""
    if end < _LOCATOR.size:
        return None
    file.seek(end - _LOCATOR.size)
    signature, _, at, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if signature != b"PK\6\7" or at + _END64.size > length:
        return None
    file.seek(at)
    record = _END64.unpack(file.read(_END64.size))
    return record[7], record[8], at
