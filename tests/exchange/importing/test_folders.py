"""Folders of images on the server: off unless the operator names one, and nothing outside it can be read."""

import io
from pathlib import Path

import pytest
from PIL import Image

from datasets.models import Item
from exchange import importing
from exchange.formats import FILE_READERS, FOLDER, allow_folder
from exchange.models import Import
from ground.errors import InvalidInput
from review.models import Decision
from tests.loops import work_imports
from tests.people import PASSWORD, Cast, make_cast
from work.models import State


def image(color: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (color, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def pictures(db: None) -> Cast:
    return make_cast(slug="pictures", item_kind="image")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An allowed folder with `photos/card`, `photos/refund`, a text file among them, and a secret beside it."""
    folder = tmp_path / "shared"
    for number, name in enumerate(("card/a.png", "card/b.png", "refund/c.png")):
        file = folder / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(image(number))
    (folder / "photos" / "notes.txt").write_text("not an image")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.png").write_bytes(image(9))
    (folder / "way-out").symlink_to(tmp_path / "secret")
    monkeypatch.setitem(FILE_READERS, FOLDER, FILE_READERS["images"])
    allow_folder(folder)
    return folder


def test_the_folders_images_become_items_with_given_labels(pictures: Cast, root: Path) -> None:
    job = importing.create_folder_import(dataset=pictures.dataset, actor=pictures.manager, path="photos")
    assert job.size == sum(file.stat().st_size for file in (root / "photos").rglob("*.*"))
    work_imports()
    job.refresh_from_db()
    assert (job.state, job.accepted, job.rejected, job.file_name) == (State.DONE, 3, 1, "photos")
    assert set(Item.objects.values_list("external_id", flat=True)) == {"card/a.png", "card/b.png", "refund/c.png"}
    assert Decision.objects.filter(origin="import").count() == 3
    assert (root / "photos" / "card" / "a.png").exists()


@pytest.mark.parametrize("path", ["..", "../secret", "photos/../../secret", "way-out", "/etc", "", "none", "a\x00b"])
def test_nothing_outside_can_be_named(pictures: Cast, root: Path, path: str) -> None:
    with pytest.raises(InvalidInput) as error:
        importing.create_folder_import(dataset=pictures.dataset, actor=pictures.manager, path=path)
    assert error.value.field == "path"
    assert not Import.objects.exists()


def test_it_is_off_by_default(pictures: Cast) -> None:
    with pytest.raises(InvalidInput, match="IMPORT_FOLDER"):
        importing.create_folder_import(dataset=pictures.dataset, actor=pictures.manager, path="photos")
    assert b"folder-form" not in pictures.client(pictures.manager).get("/datasets/pictures/imports/").content


def test_a_dataset_of_texts_has_no_use_for_it(cast: Cast, root: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot hold text"):
        importing.create_folder_import(dataset=cast.dataset, actor=cast.manager, path="photos")
    assert b"folder-form" not in cast.client(cast.manager).get("/datasets/letters/imports/").content


def test_an_import_whose_folder_is_not_allowed_any_more_fails_with_the_reason(
    pictures: Cast, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = importing.create_folder_import(dataset=pictures.dataset, actor=pictures.manager, path="photos")
    monkeypatch.delitem(FILE_READERS, FOLDER)
    work_imports()
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "IMPORT_FOLDER" in job.error


def test_the_page_looks_first_and_starts_then(pictures: Cast, root: Path) -> None:
    client = pictures.client(pictures.manager)
    assert b"folder-form" in client.get("/datasets/pictures/imports/").content
    refused = client.post("/datasets/pictures/imports/", {"path": "../secret"})
    assert refused.status_code == 422
    assert b"contains no folder" in refused.content
    answer = client.post("/datasets/pictures/imports/", {"path": "photos"}, follow=True)
    assert b"card/a.png" in answer.content
    job = Import.objects.get()
    assert job.state == State.PAUSED
    client.post(f"/datasets/pictures/imports/{job.pk}/confirm/", {"image": "file", "external_id": "file"})
    work_imports()
    assert Item.objects.count() == 3


def test_the_api_takes_a_path_in_place_of_a_file(pictures: Cast, root: Path) -> None:
    client = pictures.client(pictures.manager)
    who = {"username": "manager", "password": PASSWORD, "name": "script"}
    token = client.post("/api/v1/tokens/", who).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = "/api/v1/datasets/pictures/imports/"
    answer = client.post(url, {"format": "folder", "path": "photos"}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["file_name"]) == (202, "photos")
    for wrong in ({"format": "folder"}, {"format": "images"}, {"format": "images", "path": "photos"}):
        assert client.post(url, wrong, "application/json", headers=headers).status_code == 400
    outside = client.post(url, {"format": "folder", "path": "../secret"}, "application/json", headers=headers)
    assert (outside.status_code, outside.json()["field"]) == (400, "path")


def test_an_upload_cannot_call_itself_a_folder(pictures: Cast, root: Path) -> None:
    with pytest.raises(InvalidInput, match="format must be"):
        importing.create_import(
            dataset=pictures.dataset, actor=pictures.manager, file_name="x", chunks=[b"x"], format="folder"
        )
