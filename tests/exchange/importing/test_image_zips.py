"""Zips of images as people make them: by any program, of any kind, in folders that say something."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from datasets.models import Item
from exchange import importing
from exchange.formats.images.archive import ImageZipReader
from exchange.importing.guessing import guess_from_rows
from tests.loops import work_imports
from tests.people import Cast, make_cast

SAMPLES = Path(__file__).parents[2] / "samples"


def picture(color: int, format: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (32, 24), (color, 90, 200 - color)).save(target, format)
    return target.getvalue()


def zipped(members: dict[str, bytes], folder: Path) -> Path:
    path = folder / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def without_flag(path: Path) -> Path:
    """As many programs write it: names in UTF-8, and no flag that says so."""
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = raw.find(signature)
        while at >= 0:
            (flags,) = struct.unpack_from("<H", raw, at + offset)
            struct.pack_into("<H", raw, at + offset, flags & ~0x800)
            at = raw.find(signature, at + 4)
    path.write_bytes(raw)
    return path


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(slug="pictures", item_kind="image")


def imported(cast: Cast, path: Path, **mapping: str) -> list[str]:
    """What the report says of what did not come in."""
    job = importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name=path.name,
        chunks=[path.read_bytes()],
        format="images",
        mapping={"image": "file", "external_id": "file", **mapping},
    )
    work_imports()
    job.refresh_from_db()
    assert job.state == "done", job.error
    return [f"{issue.reason} {issue.remedy}" for issue in job.issues.order_by("row")]


def items(cast: Cast) -> dict[str, Item]:
    rows = Item.objects.filter(dataset=cast.dataset).select_related("asset", "split")
    return {item.external_id: item for item in rows}


def test_names_are_read_as_they_were_meant(tmp_path: Path) -> None:
    names = ["Cafe\u0301/eins.jpg", "Größe/zwei.jpg", "猫/三.jpg"]
    path = without_flag(zipped({name: picture(at) for at, name in enumerate(names)}, tmp_path))
    read = [entry.name for entry in ImageZipReader().rows(path)]
    assert read == ["Caf\xe9/eins.jpg", "Größe/zwei.jpg", "猫/三.jpg"]


def test_names_of_another_code_page_stay_as_python_reads_them(tmp_path: Path) -> None:
    path = without_flag(zipped({"Gr\xf6\xdfe.jpg": picture(1)}, tmp_path))
    raw = path.read_bytes().replace("Gr\xf6\xdfe".encode(), "Gr\xf6\xdfe".encode("cp437") + b"__")
    path.write_bytes(raw)
    assert [entry.name for entry in ImageZipReader().rows(path)] == ["Größe__.jpg"]


def test_back_slashes_part_folders(cast: Cast, tmp_path: Path) -> None:
    path = zipped({"card\\one.jpg": picture(1), "refund\\two.jpg": picture(2), "three.jpg": picture(3)}, tmp_path)
    assert imported(cast, path, label="folder") == []
    labels = {name: item.human_labels for name, item in items(cast).items()}
    assert labels == {"card/one.jpg": ["card"], "refund/two.jpg": ["refund"], "three.jpg": None}


def test_a_kind_is_told_by_bytes_and_not_by_the_name(cast: Cast, tmp_path: Path) -> None:
    files = {
        "a.jfif": picture(1),
        "b.jpe": picture(2),
        "noext": picture(3),
        "d.png": picture(4, "BMP"),
        "e.tif": picture(5, "TIFF"),
        "f.avif": picture(6, "AVIF"),
        "g.heic": (SAMPLES / "heic/red-corner.heic").read_bytes(),
        "notes.txt": b"about these",
        "broken.jpg": picture(7)[:300],
        "desktop.ini": b"x",
        "__MACOSX/._a.jpg": b"x",
    }
    told = imported(cast, zipped(files, tmp_path))
    assert len(told) == 2
    assert told[0].startswith("notes.txt is not a supported image")
    assert told[1].startswith("broken.jpg: The image is damaged or incomplete")
    assert told[1].endswith("Fix the file, or leave it out, and import it again.")
    types = {name: item.asset.media_type for name, item in items(cast).items() if item.asset}
    assert types == {
        "a.jfif": "image/jpeg",
        "b.jpe": "image/jpeg",
        "noext": "image/jpeg",
        "d.png": "image/bmp",
        "e.tif": "image/tiff",
        "f.avif": "image/avif",
        "g.heic": "image/heic",
    }
    client = cast.client(cast.viewer)
    for name, item in items(cast).items():
        answer = client.get(f"/datasets/pictures/items/{item.pk}/file/")
        assert answer.status_code == 200
        expected = {"e.tif": "image/webp", "g.heic": "image/webp"}.get(name, types[name])
        assert answer.headers["Content-Type"] == expected


def test_levels_of_folders_are_offered_as_label_and_split(cast: Cast, tmp_path: Path) -> None:
    places = ["train/card/1.jpg", "train/refund/2.jpg", "valid/card/3.jpg", "test/refund/4.jpg"]
    path = zipped({name: picture(at) for at, name in enumerate(places)}, tmp_path)
    reader = ImageZipReader()
    columns = reader.columns(path)
    assert columns == ["file", "folder", "folder level 1", "folder level 2"]
    guess = guess_from_rows(columns, reader.preview(path), is_class={"card", "refund"}.__contains__, texts=False)
    assert guess == {"image": "file", "external_id": "file", "label": "folder", "split": "folder level 1"}
    assert imported(cast, path, **guess) == []
    found = {name: (item.human_labels, item.split.name if item.split else "") for name, item in items(cast).items()}
    assert found == {
        "train/card/1.jpg": (["card"], "train"),
        "train/refund/2.jpg": (["refund"], "train"),
        "valid/card/3.jpg": (["card"], "validation"),
        "test/refund/4.jpg": (["refund"], "test"),
    }
    assert all(not item.metadata.keys() & {"folder level 1", "folder level 2"} for item in items(cast).values())


def test_folders_that_are_splits_alone_are_the_split(tmp_path: Path) -> None:
    path = zipped({"train/1.jpg": picture(1), "val/2.jpg": picture(2)}, tmp_path)
    reader = ImageZipReader()
    guess = guess_from_rows(reader.columns(path), reader.preview(path), is_class=lambda name: False, texts=False)
    assert guess == {"image": "file", "external_id": "file", "split": "folder"}
