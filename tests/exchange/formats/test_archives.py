"""Where members of a zip may lie: one behind the other, in any order, and never over each other."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from exchange.formats import ImageFile, RowError, archives
from exchange.formats.images.archive import ImageZipReader
from ground.errors import InvalidInput
from tests.exchange.formats.region_files import photo, read

READER = ImageZipReader()
ZEROS = 900_000


class OneWay(io.RawIOBase):
    """A file that cannot go back, so that what is known of a member only at its end stands behind it."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def bomb(members: int) -> bytes:
    """An archive whose members share what they unpack to: each begins with a block that quotes the header of the next,
    and goes on as that one does."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    plain = b"\0" * ZEROS
    stream = packing.compress(plain) + packing.flush()
    entries, body = [], b""
    for number in range(members):
        name = b"%03d.png" % number
        told = (20, 0, 8, 0, 0, zlib.crc32(plain), len(stream), len(plain), len(name), 0)
        header = struct.pack("<4s5H3L2H", b"PK\3\4", *told) + name
        body = header + stream
        entries.append((told, name, len(body)))
        plain, stream = header + plain, struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + body
    directory = b"".join(
        struct.pack("<4sH5H3L5H2L", b"PK\1\2", 20, *told, 0, 0, 0, 0, len(body) - size) + name
        for told, name, size in entries
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, members, members, len(directory), len(body), 0)
    return body + directory + end


def test_members_that_lie_over_each_other_refuse_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb(60))
    assert path.stat().st_size < 12_000
    with pytest.raises(InvalidInput, match="overlap"):
        next(READER.rows(path))
    # No other check finds it: without this one, all that it unpacks to is read.
    monkeypatch.setattr(archives, "_check_places", lambda members: None)
    read = [one for one in READER.rows(path) if isinstance(one, ImageFile)]
    assert len(read) == 60
    assert sum(len(one.data) for one in read) > 60 * ZEROS


def test_one_member_that_is_listed_twice_refuses_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"1" * 500)
        archive.filelist *= 2
    with pytest.raises(InvalidInput, match="overlap"):
        next(READER.rows(path))


@pytest.mark.parametrize("way", ["plain", "sizes behind", "other order", "with folders", "behind something else"])
def test_members_may_lie_in_any_order_and_be_written_in_any_way(way: str, tmp_path: Path) -> None:
    path = tmp_path / "images.zip"
    stream = OneWay() if way == "sizes behind" else io.BytesIO()
    names = ["a.png", "b.png", "empty.png", "c.png"]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        if way == "with folders":
            archive.mkdir("set")
            archive.mkdir("set/more")
        for name in names:
            archive.writestr(name, b"" if name == "empty.png" else name.encode() * 50)
        if way == "other order":
            archive.filelist.reverse()
    data = bytes(stream.data) if isinstance(stream, OneWay) else stream.getvalue()
    path.write_bytes((b"#!/bin/sh\n" if way == "behind something else" else b"") + data)
    with zipfile.ZipFile(path) as archive:
        assert (archive.filelist[0].flag_bits & 8 > 0) == (way == "sizes behind")
    entries = list(READER.rows(path))
    assert all(isinstance(one, ImageFile) for one in entries), entries
    assert sorted(one.name for one in entries if isinstance(one, ImageFile)) == sorted(names)


def damaged(path: Path, name: str) -> None:
    """One byte of the member is another one."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
    raw = bytearray(path.read_bytes())
    raw[member.header_offset + 30 + len(name) + member.compress_size // 2] ^= 0xFF
    path.write_bytes(raw)


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize(
    ("format", "name", "told"),
    [
        ("coco", "instances.json", '{"images": [%s], "annotations": [], "categories": []}'),
        ("label_studio_images", "tasks.json", "[%s]"),
        ("cvat", "annotations.xml", "<annotations>%s</annotations>"),
    ],
)
def test_a_damaged_file_of_labels_is_told_and_the_images_are_read(
    format: str, name: str, told: str, packing: int, tmp_path: Path
) -> None:
    path = tmp_path / "set.zip"
    rows = {
        "coco": ",".join(f'{{"id": {at}, "file_name": "{at}.jpg"}}' for at in range(3_000)),
        "label_studio_images": ",".join(
            f'{{"data": {{"image": "{at}.jpg"}}, "annotations": []}}' for at in range(3_000)
        ),
        "cvat": "".join(f'<image name="{at}.jpg"/>' for at in range(3_000)),
    }[format]
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("0.jpg", photo(), zipfile.ZIP_STORED)
        archive.writestr(name, told % rows)
    damaged(path, name)
    records, wrong = read(format, path)
    assert list(records) == ["0.jpg"]
    assert any(name in text and "cannot be read to its end" in text for text in wrong)


def test_a_damaged_table_beside_images_is_told_and_the_images_are_read(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.jpg", photo())
        archive.writestr("labels.jsonl", "".join(f'{{"file": "0.jpg", "n": {number}}}\n' for number in range(9_000)))
    damaged(path, "labels.jsonl")
    entries = list(READER.rows(path))
    assert [one.name for one in entries if isinstance(one, ImageFile)] == ["0.jpg"]
    assert any(isinstance(one, RowError) and "cannot be read to its end" in one.reason for one in entries)
