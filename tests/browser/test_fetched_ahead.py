"""What a page fetches beforehand: as many items as are quick to have, and few where they are large."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from datasets import renditions
from datasets.making import NewClass
from datasets.media import image_files
from datasets.models import Asset, Waiting
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS
from tests.filling import Said
from tests.people import CLASSES

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIZE = (2_600, 1_700)


def held(desk: Desk) -> int:
    desk.page.wait_for_load_state("networkidle")
    return Waiting.objects.filter(claimed_by=desk.cast.reviewer).count()


@pytest.mark.parametrize(("length", "most"), [(40, 20), (1_000_000, 4), (300_000, 6)])
def test_fewer_items_are_kept_where_they_are_large(desk_of: type_of_desk_maker, length: int, most: int) -> None:
    """The one on the screen among them."""
    texts = [Said(f"{number} " + "word " * (length // 5), ["card"], 0.3) for number in range(20)]
    desk = desk_of(texts, classes=[NewClass(name) for name in CLASSES])
    desk.open()
    assert 3 <= held(desk) <= most
    desk.press("1", "1")
    desk.saved()
    assert 3 <= held(desk) <= most


def photograph() -> Asset:
    buffer = io.BytesIO()
    Image.effect_noise(SIZE, 40).convert("RGB").save(buffer, "JPEG")
    sha256 = image_files.store(buffer.getvalue())
    return Asset.objects.create(
        sha256=sha256, media_type="image/jpeg", size=buffer.tell(), width=SIZE[0], height=SIZE[1]
    )


def test_a_large_image_is_small_until_it_is_enlarged(desk_of: type_of_desk_maker) -> None:
    asset = photograph()
    renditions.offer_for("image", [asset])
    assert renditions.work_one_rendition()
    box = {"id": "a", "label": "RBC", "attributes": {}, "occluded": False, "box": [100.0, 100.0, 400.0, 300.0]}
    said = Said("one", external_id="one", asset=asset, value={"regions": [box]}, confidence=0.3, parts=[0.4])
    desk = desk_of([said], item_kind="image", task_kind="regions", classes=CELLS)
    desk.open()
    image = desk.page.locator("#stage .image-frame img")
    width = "image => image.naturalWidth"
    assert image.evaluate(width) == 2_048
    # What is drawn is measured in the pixels of the file, whatever is shown.
    before = image.bounding_box()
    for _ in range(6):
        desk.press("+")
    desk.page.wait_for_function("document.querySelector('#stage .image-frame img').naturalWidth === 2600")
    expect(image).to_have_attribute("src", re.compile(r"/file/$"))
    desk.press("=")
    assert image.bounding_box() == before
