"""Members of archives, read in one go where nothing about them is unusual."""

import io
import zipfile
from pathlib import Path

import pytest

from exchange.formats.archives import Unreadable, opened
from exchange.formats.members import whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "one " * 50)
        archive.writestr("b.txt", "two " * 50)
    file = tmp_path / "a.zip"
    file.write_bytes(stream.getvalue())
    return file


def test_a_usual_one_is_read(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert [whole(archive, one) for one in archive.infolist()] == [b"one " * 50, b"two " * 50]


@pytest.mark.parametrize(
    ("name", "value"), [("header_offset", -7), ("header_offset", 10**12), ("compress_size", 2**62), ("file_size", 3)]
)
def test_of_a_damaged_directory_the_long_way_tells(path: Path, name: str, value: int) -> None:
    with opened(path) as archive:
        member = archive.files[0]
        setattr(member, name, value)
        assert whole(archive.archive, member) is None
        if name == "header_offset":
            with pytest.raises(Unreadable):
                archive.read(member)
