"""An item's own page, and the pages of figures by element: what is said is drawn, nothing can be changed there, axe
finds nothing."""

from typing import Literal

import pytest

from datasets.making import NewClass
from datasets.models import Item
from tests.accessibility import overflow, violations
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, images, texts
from tests.filling import Said


@pytest.fixture(params=["spans", "regions"])
def desk(request: pytest.FixtureRequest, desk_of: type_of_desk_maker) -> Desk:
    """Texts with spans, then images with regions."""
    if request.param == "spans":
        return desk_of(texts(3), classes=NAMES, task_kind="spans")
    return desk_of(images(3), classes=CELLS, item_kind="image", task_kind="regions")


def rows(desk: Desk) -> list[str]:
    return [row.inner_text() for row in desk.page.locator(".element-row").all()]


def open_item(desk: Desk, item: Item, query: str = "") -> None:
    desk.page.goto(f"/datasets/{item.dataset.slug}/items/{item.pk}/{query}")
    desk.page.wait_for_selector(".element-row")


def test_what_people_and_what_the_machine_says_is_drawn(desk: Desk) -> None:
    desk.open()
    # The first is deleted, the rest is right.
    desk.press("Tab", "d", "a")
    desk.saved()
    item = Item.objects.get(status="reviewed")
    of_machine = len(next(iter(item.auto_prelabel.value.values())))
    open_item(desk, item)
    assert len(rows(desk)) == of_machine - 1
    assert not [row for row in rows(desk) if "%" in row]
    desk.page.get_by_role("link", name="Machine", exact=True).click()
    desk.page.wait_for_selector(".element-row")
    assert len(rows(desk)) == of_machine
    assert [row for row in rows(desk) if "41" in row]
    desk.page.locator(".element-row").first.click()
    desk.press("d", "1", "2", "Control+z", "b")
    assert len(rows(desk)) == of_machine
    assert desk.page.locator("[data-edit='delete']").is_hidden()
    item.refresh_from_db()
    assert len(next(iter((item.human_value or {}).values()))) == of_machine - 1


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, scheme: Literal["light", "dark"], width: int) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    desk.open()
    desk.press("Tab", "d", "a")
    desk.saved()
    desk.page.set_viewport_size({"width": width, "height": 800})
    item = Item.objects.get(status="reviewed")
    base = f"/datasets/{item.dataset.slug}"
    spurious = item.auto_prelabel.value
    label = next(iter(spurious.values()))[0]["label"]
    for path in (
        "items/",
        f"items/{item.pk}/",
        "accuracy/",
        f"accuracy/elements/?predicted={label}",
        f"elements/?label={label}",
    ):
        desk.page.goto(f"{base}/{path}")
        desk.page.wait_for_load_state()
        desk.page.wait_for_timeout(150)
        assert desk.page.locator("h1").is_visible()
        assert violations(desk.page) == [], path
        assert overflow(desk.page) <= 0, path


def test_an_item_of_a_class_is_shown_by_its_viewer(desk_of: type_of_desk_maker) -> None:
    desk = desk_of([Said("Where is my card?", labels=["card"])], classes=[NewClass("card"), NewClass("transfer")])
    desk.open()
    item = Item.objects.get()
    desk.page.goto(f"/datasets/{item.dataset.slug}/items/{item.pk}/")
    assert desk.page.locator("text-viewer .item-text").inner_text() == "Where is my card?"
    assert desk.page.locator("[data-editor]").count() == 0
    assert violations(desk.page) == []
