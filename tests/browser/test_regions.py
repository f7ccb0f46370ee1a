"""Regions of an image in a real browser: by keys alone, by mouse alone, by touch; what is stored is what was drawn."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, decided, images, regions_of
from tests.photographs import region

SETTINGS = {"attributes": {"stage": {"values": ["early", "late"], "labels": ["WBC"]}}}
VALUE = "document.querySelector('[data-editor]').value"
# Where a pixel of the image is in the window.
PLACE = """([x, y]) => {
  const viewer = document.querySelector("[data-viewer]");
  const frame = viewer.querySelector(".image-frame").getBoundingClientRect();
  return [frame.left + viewer.view.left + x * viewer.view.scale, frame.top + viewer.view.top + y * viewer.view.scale];
}"""


@pytest.fixture
def desk(desk_of: type_of_desk_maker) -> Desk:
    """Four images with cells on them."""
    return desk_of(images(4), classes=CELLS, item_kind="image", task_kind="regions", task_settings=SETTINGS)


@pytest.fixture
def bare(desk_of: type_of_desk_maker) -> Desk:
    """Images of which the machine says nothing."""
    return desk_of(images(3, value=None, parts=None), classes=CELLS, item_kind="image", task_kind="regions")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the image is on the screen."""
    found = page.evaluate(PLACE, [x, y])
    return found[0], found[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, in pixels of the image."""
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=5)
    page.mouse.up()
    page.wait_for_timeout(50)


def near(shape: list[float], *expected: float) -> bool:
    """Whether each number is right to a pixel of the screen."""
    return len(shape) == len(expected) and all(abs(a - b) <= 0.75 for a, b in zip(shape, expected, strict=True))


def test_nothing_is_chosen_beforehand_and_one_key_accepts_the_whole_proposal(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    assert desk.page.evaluate(VALUE) is None
    desk.press("a")
    assert desk.shown != first
    assert decided(desk) == regions_of()
    assert Decision.objects.get().matched


def test_the_walk_relabels_what_the_machine_is_unsure_of(desk: Desk) -> None:
    desk.open()
    head = desk.page.locator(".details-head")
    desk.press("v")
    expect(head).to_contain_text("White cell")
    desk.press("1", "v")
    expect(head).to_contain_text("Platelet")
    desk.press("v", "v")
    expect(desk.page.locator("#hint")).to_contain_text("All are checked")
    desk.press("a")
    assert [one["label"] for one in decided(desk)["regions"]] == ["RBC", "RBC", "Plate"]


def test_boxes_by_keys_alone(bare: Desk) -> None:
    bare.open()
    bare.press("b", "b", "1", "Shift+ArrowRight", "Shift+Control+ArrowDown", "Control+ArrowLeft", "ArrowUp", "o")
    bare.press("r", "r", "2", "]", "}", "[", "Escape", "Tab", "Tab")
    expect(bare.page.locator(".details-head")).to_contain_text("White cell")
    bare.press("a")
    box, turned = decided(bare)["regions"]
    assert (box["label"], box["box"], box["occluded"]) == ("RBC", [140.0, 111.5, 101.0, 85.0], True)
    assert (turned["label"], turned["rotated_box"]) == ("WBC", [200.0, 150.0, 100.0, 75.0, 15.0])


def test_a_polygon_by_keys_alone(bare: Desk) -> None:
    bare.open()
    bare.press("p", "p", "3", ".", ".", "Control+ArrowRight", "m", "Control+ArrowDown", ",", "Delete", "Escape")
    bare.press("a")
    (polygon,) = decided(bare)["regions"]
    assert polygon["polygon"] == [[[150.0, 112.5], [255.0, 160.0], [250.0, 187.5], [150.0, 187.5]]]


def test_by_mouse_alone(bare: Desk) -> None:
    bare.open()
    page = bare.page
    drag(page, (40, 40), (120, 90))
    page.locator(".class-button", has_text="Red cell").click()
    drag(page, (120, 90), (140, 110))
    page.get_by_role("button", name="Polygon").click()
    for point in ((200, 100), (300, 110), (280, 200), (190, 190)):
        page.mouse.click(*place(page, *point))
    page.get_by_role("button", name="Close").click()
    page.locator(".class-button", has_text="Platelet").click()
    page.get_by_role("button", name="Hole").click()
    for point in ((220, 120), (250, 125), (240, 160)):
        page.mouse.click(*place(page, *point))
    page.mouse.click(*place(page, 220, 120))
    page.get_by_role("button", name="Select").click()
    drag(page, (60, 60), (70, 80))
    bare.click("Accept")
    box, polygon = decided(bare)["regions"]
    assert near(box["box"], 50, 60, 100, 70)
    assert [len(ring) for ring in polygon["polygon"]] == [4, 3]
    assert near([number for point in polygon["polygon"][1] for number in point], 220, 120, 250, 125, 240, 160)


def test_a_rotated_box_is_turned_and_stretched_by_its_handles(desk: Desk) -> None:
    desk.open()
    page = desk.page
    page.mouse.click(*place(page, 250, 90))
    expect(page.locator(".shape-handle")).to_have_count(9)
    handles = page.evaluate(
        "[...document.querySelectorAll('.shape-handle')].map((one) => { const box = one.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2]; })"
    )
    page.mouse.move(*handles[-1])
    page.mouse.down()
    page.keyboard.down("Shift")
    page.mouse.move(*place(page, 330, 92), steps=5)
    page.keyboard.up("Shift")
    page.mouse.up()
    desk.press("a")
    turned = decided(desk)["regions"][1]["rotated_box"]
    assert turned == [250.0, 90.0, 90.0, 50.0, 90.0]


def test_points_of_a_polygon_are_moved_and_added_by_mouse(desk: Desk) -> None:
    desk.open()
    page = desk.page
    page.mouse.click(*place(page, 190, 220))
    drag(page, (150, 180), (120, 170))
    drag(page, (220, 225), (240, 225))
    desk.press("Delete")
    expect(page.locator(".shape-handle.point")).to_have_count(4)
    desk.press("Control+z", "a")
    (outline,) = decided(desk)["regions"][2]["polygon"]
    assert near(outline[0], 120, 170)
    assert near(outline[2], 240, 225)
    assert len(outline) == 5


def test_clicks_on_one_place_reach_what_lies_below(desk_of: type_of_desk_maker) -> None:
    value = {
        "regions": [
            region("big", "RBC", box=[20.0, 20.0, 200.0, 200.0]),
            region("small", "WBC", box=[60.0, 60.0, 50.0, 50.0]),
        ]
    }
    desk = desk_of(images(1, value=value, parts=[0.2, 0.2]), classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    for title in ("White cell", "Red cell", "White cell"):
        desk.page.mouse.click(*place(desk.page, 85, 85))
        expect(desk.page.locator(".details-head")).to_contain_text(title)


def test_drawn_shapes_are_right_wherever_the_image_was_moved_and_enlarged(bare: Desk) -> None:
    bare.open()
    page = bare.page
    page.mouse.move(*place(page, 200, 150))
    page.mouse.wheel(0, -600)
    page.keyboard.down("Space")
    drag(page, (200, 150), (215, 140))
    page.keyboard.up("Space")
    page.wait_for_timeout(50)
    bare.press("1")
    drag(page, (180, 130), (210, 160))
    bare.press("=", "a")
    (box,) = decided(bare)["regions"]
    assert near(box["box"], 180, 130, 30, 30)


def test_undo_and_redo_take_a_drag_as_one(desk: Desk) -> None:
    desk.open()
    drag(desk.page, (80, 60), (100, 90))
    assert near(desk.page.evaluate(VALUE)["regions"][0]["box"], 60, 60, 80, 60)
    desk.press("Control+z")
    assert desk.page.evaluate(VALUE) is None
    desk.press("Control+y", "Tab", "d", "Control+z", "a")
    assert near(decided(desk)["regions"][0]["box"], 60, 60, 80, 60)


def test_a_polygon_whose_lines_cross_cannot_be_accepted(desk: Desk) -> None:
    desk.open()
    desk.page.mouse.click(*place(desk.page, 190, 220))
    drag(desk.page, (150, 180), (250, 240))
    desk.press("a")
    assert "cross" in desk.hint()
    assert not Decision.objects.exists()


def test_copying_from_the_previous_image(bare: Desk) -> None:
    bare.open()
    bare.press("1", "b", "c")
    assert "No previous image" in bare.hint()
    drag(bare.page, (40, 40), (120, 90))
    bare.press("a", "c", "a")
    bare.saved()
    one, other = (decision.value for decision in Decision.objects.order_by("id"))
    assert one == other


def test_what_was_begun_is_there_after_a_reload(desk: Desk) -> None:
    desk.open()
    desk.press("Tab", "d", "Tab", "o")
    desk.page.reload()
    desk.page.locator("body.scripted").wait_for()
    expect(desk.page.locator(".element-row")).to_have_count(2)
    desk.press("a")
    assert [(one["id"], one["occluded"]) for one in decided(desk)["regions"]] == [("b", True), ("c", False)]


def test_attributes_that_a_class_cannot_have_go_with_it(desk: Desk) -> None:
    desk.open()
    desk.press("v", "f")
    desk.page.keyboard.type("late")
    desk.press("Enter")
    assert desk.page.evaluate(VALUE)["regions"][1]["attributes"] == {"stage": "late"}
    desk.press("1", "a")
    assert decided(desk)["regions"][1]["attributes"] == {}


def test_by_touch(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(
        base_url=desk.url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    touch = replace(desk, page=context.new_page())
    touch.open()
    page: Any = touch.page
    page.touchscreen.tap(*place(page, 80, 60))
    expect(page.locator(".details-head")).to_contain_text("Red cell")
    page.locator(".class-button", has_text="White cell").tap()
    page.get_by_role("button", name="Box").tap()
    finger = context.new_cdp_session(page)

    def gesture(*steps: list[tuple[float, float]]) -> None:
        """Fingers go down at the first places and on to the others. Where those are is asked before: the image moves
        under a gesture that enlarges it, at once or a frame later."""
        spots = [[place(page, *point) for point in step] for step in steps]
        for kind, step in zip(["touchStart", *["touchMove"] * (len(spots) - 1)], spots, strict=True):
            at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(step)]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    gesture([(300, 200)], [(340, 240)], [(360, 260)])
    page.locator(".class-button", has_text="Platelet").tap()
    before = page.evaluate("document.querySelector('[data-viewer]').view.scale")
    gesture([(100, 100), (200, 200)], [(80, 80), (220, 220)], [(60, 60), (240, 240)])
    page.wait_for_function("(before) => document.querySelector('[data-viewer]').view.scale > before * 1.2", arg=before)
    touch.tap("Accept")
    regions = decided(touch)["regions"]
    assert [one["label"] for one in regions] == ["WBC", "WBC", "Plate", "Plate"]
    assert near(regions[3]["box"], 300, 200, 60, 60)
    context.close()
