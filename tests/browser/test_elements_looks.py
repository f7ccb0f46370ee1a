"""The editors of elements in both schemes and at two widths: axe finds nothing, nothing overflows, touch is possible.
However many elements there are, only what is in sight is on the page."""

from dataclasses import replace
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from tests.accessibility import overflow, violations
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, images, texts
from tests.filling import Said
from tests.photographs import region

Scheme = Literal["light", "dark"]
RELATIONS = {"relations": ["near"], "attributes": {"certain": {"values": ["yes", "no"]}}}
SMALL = """() => [...document.querySelectorAll(".element-editor :is(button, select)")].filter((one) => one.offsetParent)
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
COUNT = "document.querySelectorAll('.text-surface *').length"
ROWS = "document.querySelectorAll('.element-row').length"


@pytest.fixture(params=["spans", "regions"])
def desk(request: pytest.FixtureRequest, desk_of: type_of_desk_maker) -> Desk:
    """Texts with spans, then images with regions."""
    if request.param == "spans":
        return desk_of(texts(3), classes=NAMES, task_kind="spans", task_settings=RELATIONS)
    return desk_of(images(3), classes=CELLS, item_kind="image", task_kind="regions")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, scheme: Scheme, width: int) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    desk.page.set_viewport_size({"width": width, "height": 800})
    desk.open()
    assert violations(desk.page) == []
    for keys in (["v"], ["r", "Tab", "r", "1"], ["?"], ["Escape", "a", "k"]):
        desk.press(*keys)
        desk.page.wait_for_timeout(150)
        assert violations(desk.page) == [], f"after {keys}"
        assert overflow(desk.page) <= 0


def test_colours_can_be_forced(desk: Desk) -> None:
    desk.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    desk.open()
    desk.press("v")
    assert violations(desk.page) == []


def test_touch_targets_are_large_enough(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(
        base_url=desk.url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    touch = replace(desk, page=context.new_page())
    touch.open()
    touch.press("v")
    assert touch.page.evaluate(SMALL) == []
    context.close()


def test_the_keyboard_is_not_caught_on_the_item(desk: Desk) -> None:
    """Past the last element Tab goes on to the panel."""
    desk.open()
    for _ in range(12):
        desk.press("Tab")
        if desk.page.evaluate("Boolean(document.activeElement.closest('#panel'))"):
            return
    pytest.fail("Tab never left the item")


def many_spans() -> Said:
    """A thousand spans, which overlap, on fifty thousand characters."""
    line = "word " * 79 + "end.\n"
    text = line * (50_000 // len(line) + 1)
    spans: list[dict[str, Any]] = [
        {"id": f"s{n}", "start": n * 49, "end": n * 49 + 10 + n % 60, "label": NAMES[n % 3].name, "attributes": {}}
        for n in range(1_000)
    ]
    return Said(text, value={"spans": spans, "relations": []}, confidence=0.2, parts=[0.5] * 1_000)


def test_a_thousand_spans_draw_what_is_in_sight(desk_of: type_of_desk_maker) -> None:
    desk = desk_of([many_spans()], classes=NAMES, task_kind="spans")
    desk.open()
    assert 0 < desk.page.evaluate(COUNT) < 600
    assert desk.page.evaluate(ROWS) < 60
    desk.press(*["v"] * 30)
    assert (
        "31 of 1000" in desk.page.locator("#live-polite").inner_text()
        or desk.page.locator(".details-head").is_visible()
    )
    desk.press("d", "a")
    desk.saved()
    (value,) = desk.standing_values()
    assert len(value["spans"]) == 999


def test_two_thousand_regions_are_one_canvas(desk_of: type_of_desk_maker) -> None:
    value = {
        "regions": [
            region(f"r{n}", CELLS[n % 3].name, box=[float(n % 50 * 8), float(n // 50 * 7), 6.0, 5.0])
            for n in range(2_000)
        ]
    }
    said = images(1, value=value, parts=[0.5] * 2_000)
    desk = desk_of(said, classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    assert desk.page.evaluate("document.querySelectorAll('.image-surface *').length") < 10
    assert desk.page.evaluate(ROWS) < 60
    desk.press("v", "v", "d", "Tab", "Shift+ArrowRight", "a")
    desk.saved()
    (kept,) = desk.standing_values()
    assert len(kept["regions"]) == 1_999


def test_at_200_percent_the_item_keeps_its_height(desk: Desk) -> None:
    """A laptop's window of 1,280 × 800 has 640 × 400 then."""
    desk.page.set_viewport_size({"width": 640, "height": 400})
    desk.open()
    box = desk.page.locator(".item-body").bounding_box()
    assert box is not None
    assert box["height"] > 160
    assert box["width"] > 300
    assert desk.page.get_by_role("button", name="Accept").is_visible()
    assert violations(desk.page) == []
    assert overflow(desk.page) <= 0
