"""Images as people have them, from the import to what a person and a labeler see of each."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from datasets.media import image_files
from datasets.models import Item
from exchange.models import Import
from labeling.labelers.image_opening import open_image
from tests.api.program import Program
from tests.exchange.importing.test_cases import CASES
from tests.loops import work_imports
from tests.people import Cast, make_cast

pytestmark = pytest.mark.django_db

# Of images-mixed.zip what is no image, or not a whole one; hidden files are passed over.
NOT_TAKEN = {
    "zero.jpg": "The file is not a PNG, JPEG, WebP, GIF",
    "trunc.jpg": "The image is damaged or incomplete",
    "readme.txt": "is not a supported image",
}


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(item_kind="image")


def imported(cast: Cast, name: str, data: bytes) -> tuple[Import, dict[str, Item]]:
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    form = {"file": SimpleUploadedFile(name, data), "then_run": False}
    answer = cast.client(cast.manager).post("/api/v1/datasets/letters/imports/", form, headers=headers)
    assert answer.status_code == 202, answer.json()
    work_imports()
    job = Import.objects.get(pk=answer.json()["id"])
    assert job.state == "done"
    return job, {item.external_id: item for item in Item.objects.select_related("asset")}


def seen(cast: Cast, item: Item) -> None:
    """A person is shown the file and its thumbnail, a labeler opens it, and all agree on how large it is."""
    assert item.asset is not None
    client, address = cast.client(cast.viewer), f"/datasets/letters/items/{item.pk}/file/"
    assert client.get(address).headers["Content-Type"].startswith("image/")
    small = client.get(f"{address}?side=112")
    assert small.status_code == 200, item.external_id
    with Image.open(io.BytesIO(b"".join(small))) as thumbnail:
        wide = thumbnail.width >= thumbnail.height
    data = image_files.path_of(item.asset.sha256).read_bytes()
    assert open_image(data, side=64).mode == "RGB"
    assert wide == ((item.asset.width or 0) >= (item.asset.height or 0)), item.external_id


def test_a_folder_of_many_kinds(cast: Cast) -> None:
    name = "images-mixed.zip"
    job, items = imported(cast, name, (CASES / name).read_bytes())
    told = {issue.reason.split()[0].rstrip(":"): issue.reason for issue in job.issues.filter(kind="rejected")}
    assert {file: reason for file, reason in NOT_TAKEN.items() if reason not in told.get(file, "")} == {}, told
    with zipfile.ZipFile(CASES / name) as archive:
        names = {one for one in archive.namelist() if not one.startswith(("__MACOSX", "."))}
    assert items.keys() == names - NOT_TAKEN.keys()
    for item in items.values():
        seen(cast, item)
    # One picture, turned by a sixth way of EXIF in three kinds of files, stands upright in all.
    turned = {
        (one.asset.width, one.asset.height) for key, one in items.items() if key.startswith("exif6") and one.asset
    }
    assert len(turned) == 1
    # What is 16 bits deep is not clipped to white.
    grey = items["grey16.png"].asset
    assert grey is not None
    shades = open_image(image_files.path_of(grey.sha256).read_bytes(), side=64).convert("L").getcolors() or []
    assert len(shades) > 4


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("*.jpg")))
def test_a_photo_with_odd_exif(cast: Cast, name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(CASES / name, name)
    job, items = imported(cast, "photos.zip", packed.getvalue())
    assert (job.accepted, job.rejected) == (1, 0)
    seen(cast, items[name])
