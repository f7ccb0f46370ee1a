import stat
import zipfile
from pathlib import Path

import pytest

from exchange.formats import ImageFile, ImageFolderReader, RowError
from exchange.formats.archives import ArchiveLimits
from exchange.formats.images.archive import ImageZipReader
from ground.errors import InvalidInput

READER = ImageZipReader()


def make_zip(folder: Path, members: dict[str | zipfile.ZipInfo, bytes], *, packed: bool = True) -> Path:
    path = folder / "images.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_reads_images_with_the_folder_that_they_lie_in(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path,
        {
            "set/": b"",
            "set/dress/a.JPG": b"1",
            "set/hat/b.png": b"2",
            "top.webp": b"3",
            "__MACOSX/set/._a.jpg": b"x",
            "set/.hidden.png": b"x",
            ".git/x.png": b"x",
            "set/Thumbs.db": b"x",
        },
    )
    assert list(READER.rows(path)) == [
        ImageFile(1, "set/dress/a.JPG", "dress", b"1"),
        ImageFile(2, "set/hat/b.png", "hat", b"2"),
        ImageFile(3, "top.webp", "", b"3"),
    ]
    assert READER.columns(path) == ["file", "folder", "folder level 1", "folder level 2"]
    assert list(READER.rows(path, start=2)) == [ImageFile(3, "top.webp", "", b"3")]


def test_a_single_folder_is_a_column_and_none_is_not(tmp_path: Path) -> None:
    """Whether its name is a class's is for the mapping to say."""
    assert READER.columns(make_zip(tmp_path, {"cat/a.jpg": b"1", "cat/b.jpg": b"2"})) == ["file", "folder"]
    assert READER.columns(make_zip(tmp_path, {"a.jpg": b"1", "b.jpg": b"2"})) == ["file"]


def test_other_files_are_reported(tmp_path: Path) -> None:
    note, image = READER.rows(make_zip(tmp_path, {"note.txt": b"1", "a.gif": b"2"}))
    assert isinstance(note, RowError)
    assert "note.txt is not a supported image" in note.reason
    assert image == ImageFile(2, "a.gif", "", b"2")


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../../etc/passwd.png", "points outside"),
        ("a/../../b.png", "points outside"),
        ("/etc/x.png", "points outside"),
        ("C:\\x.png", "points outside"),
        ("..\\x.png", "points outside"),
        ("a" * 301 + ".png", "too long"),
        ("a\nb.png", "control characters"),
        (link("a.png"), "a link"),
    ],
)
def test_an_unsafe_member_refuses_the_whole_archive(name: str | zipfile.ZipInfo, says: str, tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"good.png": b"1", name: b"2"})
    with pytest.raises(InvalidInput, match=says) as caught:
        next(READER.rows(path))
    assert "Nothing was imported" in caught.value.message
    with pytest.raises(InvalidInput):
        READER.columns(path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"a.png": b"secret"}, packed=False)
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(InvalidInput, match="encrypted"):
        next(READER.rows(path))


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (ArchiveLimits(members=2), "3 files; at most 2"),
        (ArchiveLimits(member_bytes=99), "more than 99 bytes"),
        (ArchiveLimits(total_bytes=250), "more than 250 bytes in all"),
    ],
)
def test_archives_beyond_the_limits_are_refused(limits: ArchiveLimits, says: str, tmp_path: Path) -> None:
    path = make_zip(tmp_path, {f"{number}.png": b"x" * 100 for number in range(3)})
    with pytest.raises(InvalidInput, match=says):
        next(ImageZipReader(limits).rows(path))


def test_hidden_members_do_not_count(tmp_path: Path) -> None:
    """macOS puts one beside each image."""
    names = [f"{number}.png" for number in range(3)]
    path = make_zip(tmp_path, dict.fromkeys(names, b"x") | {f"__MACOSX/._{name}": b"x" for name in names})
    assert [entry.name for entry in ImageZipReader(ArchiveLimits(members=3)).rows(path)] == names
    with pytest.raises(InvalidInput, match=r"has 3 files; at most 2 are read at once\. Split it"):
        next(ImageZipReader(ArchiveLimits(members=2)).rows(path))


def test_a_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"bomb.png": b"\x00" * 40_000_000})
    assert path.stat().st_size < 100_000
    with pytest.raises(InvalidInput, match="unpacks to over 200 times"):
        next(READER.rows(path))


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"bomb.png": b"\x00" * 40_000_000, "good.png": b"1"})
    raw = bytearray(path.read_bytes())
    size = (40_000_000).to_bytes(4, "little")
    while (at := raw.find(size)) >= 0:
        raw[at : at + 4] = (1_000).to_bytes(4, "little")
    path.write_bytes(raw)
    bomb, good = READER.rows(path)
    assert isinstance(bomb, RowError)
    assert "cannot be unpacked" in bomb.reason
    assert good == ImageFile(2, "good.png", "", b"1")


def test_a_damaged_member_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"bad.png": b"something long enough", "good.png": b"1"}, packed=False)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"something long", b"SOMETHING long", 1))
    bad, good = READER.rows(path)
    assert isinstance(bad, RowError)
    assert good == ImageFile(2, "good.png", "", b"1")


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(InvalidInput, match="not a zip"):
        READER.columns(path)


def test_tells_how_much_was_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {f"{number}.png": bytes([number]) * 1_000 for number in range(9)}, packed=False)
    entries = READER.rows(path)
    next(entries)
    next(entries)
    assert 0 < entries.bytes_read < path.stat().st_size / 2
    list(entries)
    assert entries.bytes_read == path.stat().st_size


def test_reads_a_folder_on_the_server_and_nothing_outside_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "set" / "hat").mkdir(parents=True)
    (root / "set" / "hat" / "a.png").write_bytes(b"1")
    (root / "set" / "b.png").write_bytes(b"2")
    (root / "set" / ".c.png").write_bytes(b"3")
    (root / "set" / "d.txt").write_bytes(b"4")
    (tmp_path / "outside.png").write_bytes(b"5")
    (root / "set" / "e.png").symlink_to(tmp_path / "outside.png")
    reader = ImageFolderReader(root)
    b, text, escaped, a = reader.rows(root / "set")
    assert b == ImageFile(1, "b.png", "", b"2")
    assert isinstance(text, RowError)
    assert isinstance(escaped, RowError)
    assert "points outside" in escaped.reason
    assert a == ImageFile(4, "hat/a.png", "hat", b"1")
    assert reader.columns(root / "set") == ["file", "folder"]
    assert list(reader.rows(root / "set", start=3)) == [a]
    for outside in (tmp_path, root / "..", root / "none", Path("/etc")):
        with pytest.raises(InvalidInput, match="no folder"):
            reader.columns(outside)
