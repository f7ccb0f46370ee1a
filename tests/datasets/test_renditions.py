"""What is made of large files for the review page: in the background, once, and again where it is lost."""

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from datasets import renditions
from datasets.media import image_files
from datasets.models import Asset, Item, Rendition
from exchange import importing
from tests.loops import work_imports
from tests.people import Cast, make_cast
from work.models import State

LARGE, SMALL = (2_600, 1_700), (64, 48)


@pytest.fixture
def pictures(db: None) -> Cast:
    return make_cast(slug="pictures", item_kind="image")


def photographs(cast: Cast, **sizes: tuple[int, int]) -> dict[str, str]:
    """Import images of these sizes; the address of each."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, size in sizes.items():
            picture = io.BytesIO()
            Image.effect_noise(size, 40).convert("RGB").save(picture, "JPEG")
            archive.writestr(f"{name}.jpg", picture.getvalue())
    importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="images.zip", chunks=[stream.getvalue()],
        format="images", mapping={"external_id": "file", "image": "file"}, then_run=False,
    )  # fmt: skip
    work_imports()
    found = Item.objects.filter(dataset=cast.dataset)
    return {one.external_id.removesuffix(".jpg"): f"/datasets/pictures/items/{one.pk}/file/" for one in found}


def size_of(response: Any) -> tuple[int, int]:
    with Image.open(io.BytesIO(b"".join(response.streaming_content))) as image:
        return image.size


def test_a_large_image_is_shown_smaller_once_that_is_made(pictures: Cast) -> None:
    address = photographs(pictures, large=LARGE, small=SMALL)["large"]
    row = Rendition.objects.get()
    assert (row.asset.width, row.name, row.state) == (LARGE[0], "display", State.PENDING)
    viewer = pictures.client(pictures.viewer)
    early = viewer.get(address, {"rendition": "display"})
    assert (size_of(early), early["Cache-Control"]) == (LARGE, "private, no-cache")
    assert renditions.work_one_rendition()
    assert not renditions.work_one_rendition()
    late = viewer.get(address, {"rendition": "display"})
    assert (size_of(late), late["Content-Type"]) == ((2_048, 1_339), "image/webp")
    assert "immutable" in late["Cache-Control"]
    assert size_of(viewer.get(address)) == LARGE
    part = viewer.get(address, {"rendition": "display"}, headers={"Range": "bytes=0-3"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"RIFF")


def test_only_members_get_it(pictures: Cast) -> None:
    address = photographs(pictures, large=LARGE)["large"]
    renditions.work_one_rendition()
    assert pictures.client(pictures.outsider).get(address, {"rendition": "display"}).status_code == 404


def test_a_name_that_nobody_makes_gives_the_file(pictures: Cast) -> None:
    address = photographs(pictures, small=SMALL)["small"]
    assert size_of(pictures.client(pictures.viewer).get(address, {"rendition": "display"})) == SMALL
    assert size_of(pictures.client(pictures.viewer).get(address, {"rendition": "../../x"})) == SMALL
    assert not Rendition.objects.exists()


def test_the_same_file_is_worked_once(pictures: Cast) -> None:
    photographs(pictures, large=LARGE)
    asset = Asset.objects.get()
    renditions.offer_for("image", [asset])
    assert Rendition.objects.count() == 1


def test_what_is_lost_is_made_again(pictures: Cast) -> None:
    address = photographs(pictures, large=LARGE)["large"]
    renditions.work_one_rendition()
    image_files.path_of(Rendition.objects.get().sha256).unlink()
    viewer = pictures.client(pictures.viewer)
    assert size_of(viewer.get(address, {"rendition": "display"})) == LARGE
    assert renditions.work_one_rendition()
    assert size_of(viewer.get(address, {"rendition": "display"}))[0] == 2_048


def test_one_that_cannot_be_made_says_why_and_is_made_once_the_file_is_back(pictures: Cast) -> None:
    photographs(pictures, large=LARGE)
    path = image_files.path_of(Asset.objects.get().sha256)
    data = path.read_bytes()
    path.unlink()
    assert renditions.work_one_rendition()
    assert Rendition.objects.get().state == State.FAILED
    page = pictures.client(pictures.admin).get("/system/").content.decode()
    assert "1 file could not be prepared" in page
    assert "Restore it from a backup" in page
    assert pictures.client(pictures.manager).post("/system/renditions/retry/").status_code == 403
    path.write_bytes(data)
    pictures.client(pictures.admin).post("/system/renditions/retry/")
    assert renditions.work_one_rendition()
    assert Rendition.objects.get().state == State.DONE
