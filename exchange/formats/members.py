"""The usual member of a zip archive, read in one go: Python's own way takes several times as long as the reading.

PKWARE's APPNOTE.TXT, 4.3.7: a member begins with a header of its own, its name and more, of which the archive's
directory does not tell the size.
"""

import os
import struct
import zipfile
import zlib

_HEADER = struct.Struct("<4s5H3L2H")
_BEGIN = b"PK\3\4"
# Encrypted, patched, encrypted in another way.
_ODD = 0x1 | 0x20 | 0x40
_UTF8 = 0x800
# For the header, the name and what systems add.
_BEFORE = 512


def whole(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """Its bytes; None if there is anything unusual about it: the long way then says what is wrong, if anything is."""
    file = archive.fp
    if file is None or member.flag_bits & _ODD:
        return None
    size, place = member.compress_size, member.header_offset
    # A damaged directory may place it before the file's beginning, or declare more than there is.
    if not 0 <= place <= os.fstat(file.fileno()).st_size - size:
        return None
    block = os.pread(file.fileno(), _BEFORE + size, place)
    if len(block) < _HEADER.size:
        return None
    begin, _, flags, *_, name_size, more_size = _HEADER.unpack_from(block)
    start = _HEADER.size + name_size + more_size
    name = block[_HEADER.size : _HEADER.size + name_size]
    if begin != _BEGIN or not _same(name, member.orig_filename, flags):
        return None
    data = block[start : start + size]
    if start + size > len(block):
        data = os.pread(file.fileno(), size, place + start)
    if len(data) != size:
        return None
    told = _unpacked(data, member)
    return told if told is not None and len(told) == member.file_size and zlib.crc32(told) == member.CRC else None


def _same(name: bytes, told: str, flags: int) -> bool:
    """Whether the header has the name that the directory has."""
    try:
        return name.decode("utf-8" if flags & _UTF8 else "cp437") == told
    except UnicodeDecodeError:
        return False


def _unpacked(data: bytes, member: zipfile.ZipInfo) -> bytes | None:
    if member.compress_type == zipfile.ZIP_STORED:
        return data
    if member.compress_type != zipfile.ZIP_DEFLATED:
        return None
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # No more than is declared, and a byte to see that there is none.
        told = unpacking.decompress(data, member.file_size + 1)
    except zlib.error:
        return None
    return told if unpacking.eof else None
