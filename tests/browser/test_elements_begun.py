"""What is begun and is no element yet is not lost without a word; what cannot be an answer is not taken for one."""

import pytest
from playwright.sync_api import expect

from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, TEXT, decided, images, regions_of, spans_of, texts
from tests.browser.test_regions import drag, near, place
from tests.browser.test_spans import select


@pytest.fixture
def cells(desk_of: type_of_desk_maker) -> Desk:
    return desk_of(images(3), classes=CELLS, item_kind="image", task_kind="regions")


@pytest.fixture
def bare(desk_of: type_of_desk_maker) -> Desk:
    return desk_of(images(3, value=None, parts=None), classes=CELLS, item_kind="image", task_kind="regions")


def stays(desk: Desk, words: str, *keys: str) -> None:
    """Neither key is an answer, and the page says why."""
    first = desk.shown
    for key in keys:
        desk.press(key)
        assert words in desk.hint()
    assert desk.shown == first
    assert not Decision.objects.exists()


def test_a_box_without_a_class_is_not_dropped_by_accepting(cells: Desk) -> None:
    cells.open()
    cells.press("b")
    drag(cells.page, (300, 200), (360, 250))
    stays(cells, "Choose a class", "a", "n")
    # The mouse goes to the classes, and the box stays as it was drawn.
    cells.page.mouse.move(10, 10)
    cells.page.locator(".class-button", has_text="White cell").click()
    cells.press("a")
    value = decided(cells)["regions"]
    assert len(value) == 4
    assert near(value[3]["box"], 300, 200, 60, 50)


def test_an_open_polygon_is_closed_or_dropped_first(cells: Desk) -> None:
    cells.open()
    cells.press("p")
    for point in ((300, 100), (350, 110)):
        cells.page.mouse.click(*place(cells.page, *point))
    stays(cells, "Close the polygon first", "a")
    cells.press("Escape", "a")
    assert decided(cells) == regions_of()


def test_a_second_box_waits_until_the_first_has_its_class(bare: Desk) -> None:
    bare.open()
    drag(bare.page, (40, 40), (80, 90))
    drag(bare.page, (200, 40), (260, 90))
    assert "Choose a class" in bare.hint()
    bare.press("1")
    drag(bare.page, (200, 40), (260, 90))
    bare.press("2", "a")
    one, other = decided(bare)["regions"]
    assert (one["label"], other["label"]) == ("RBC", "WBC")
    assert near(one["box"], 40, 40, 40, 50)


def test_a_box_that_keys_put_there_is_seen_and_stays_under_the_mouse(bare: Desk) -> None:
    bare.open()
    bare.press("b", "b")
    expect(bare.page.locator(".shape-line.draft")).to_have_count(1)
    bare.page.mouse.move(*place(bare.page, 20, 20))
    bare.page.mouse.move(*place(bare.page, 60, 80))
    bare.press("]")
    assert "Choose a class" in bare.hint()
    bare.press("1", "a")
    assert decided(bare)["regions"][0]["box"] == [150.0, 112.5, 100.0, 75.0]


def test_a_hole_outside_its_polygon_is_refused(bare: Desk) -> None:
    bare.open()
    page = bare.page
    bare.press("p")
    for point in ((100, 50), (200, 60), (180, 150), (90, 140)):
        page.mouse.click(*place(page, *point))
    bare.press("Enter", "3", "i")
    for point in ((300, 200), (340, 205), (320, 250)):
        page.mouse.click(*place(page, *point))
    bare.press("Enter")
    assert "must lie inside" in bare.hint()
    bare.press("a")
    (polygon,) = decided(bare)["regions"]
    assert len(polygon["polygon"]) == 1


def test_the_class_for_new_ones_stays_from_one_image_to_the_next(bare: Desk) -> None:
    bare.open()
    bare.press("2")
    drag(bare.page, (40, 40), (80, 90))
    bare.press("a")
    drag(bare.page, (100, 40), (150, 90))
    bare.press("a")
    bare.saved()
    values = [one.value for one in Decision.objects.order_by("pk") if one.value]
    assert [one["label"] for value in values for one in value["regions"]] == ["WBC", "WBC"]


def test_marked_text_without_a_class_is_not_dropped_by_accepting(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(texts(2), classes=NAMES, task_kind="spans")
    desk.open()
    select(desk.page, "London")
    stays(desk, "Choose a class", "a", "n")
    desk.press("Escape", "a")
    assert decided(desk) == spans_of(TEXT)


@pytest.mark.parametrize("kind", ["spans", "regions"])
def test_that_nothing_is_there_is_said_by_a_button(desk_of: type_of_desk_maker, kind: str) -> None:
    if kind == "spans":
        desk = desk_of(texts(2, value=None, parts=None), classes=NAMES, task_kind="spans")
    else:
        desk = desk_of(images(2, value=None, parts=None), classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    desk.page.get_by_role("button", name="None").click()
    assert not any(decided(desk).values())
