"""A page of items of one class, decided at once: images, short texts, and without scripts."""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Route, expect

from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.pictures import ANIMALS, pictures
from tests.browsing import Console, log_in


def test_the_grid_accepts_a_page_but_the_marked_ones(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(pictures(30), classes=ANIMALS, item_kind="image")
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.open("grid/?label=cat")
    cells = desk.page.locator(".cell")
    expect(cells).to_have_count(24)
    desk.press("ArrowRight", "Space", "ArrowRight", "2")
    expect(desk.page.locator("#accept-words")).to_have_text("Accept 22, change 1")
    count = desk.page.locator("#grid-classes .count")
    expect(count).to_have_text("30")
    titles = [cells.nth(index).get_attribute("data-title") for index in range(24)]
    desk.press("a")
    expect(cells).to_have_count(6)
    expect(desk.page.locator("#hint")).to_have_text("22 accepted, 1 changed, 1 left in the queue.")
    expect(count).to_have_text("7")
    desk.saved()
    standing = desk.standing()
    assert len(standing) == 23
    assert titles[1] not in standing
    assert standing[str(titles[2])] == ["dog"]
    assert standing[str(titles[0])] == ["cat"]
    assert Decision.objects.values("group_id").distinct().count() == 1
    desk.press("z")
    expect(cells).to_have_count(24)
    expect(count).to_have_text("30")
    desk.saved()
    assert desk.standing() == {}
    expect(cells.nth(2)).to_contain_text("dog")
    desk.press("Enter")
    expect(cells).to_have_count(6)
    desk.press("a")
    expect(desk.page.locator("#grid-empty")).to_be_visible()
    desk.saved()
    assert len(desk.standing()) == 29


def test_the_grid_goes_on_when_a_page_cannot_be_taken_back(
    desk_of: type_of_desk_maker, browser_console: Console
) -> None:
    desk = desk_of(pictures(30), classes=ANIMALS, item_kind="image")
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.open("grid/?label=cat")
    cells = desk.page.locator(".cell")
    desk.press("a")
    expect(cells).to_have_count(6)
    desk.saved()
    desk.page.route("**/grid/undo/", lambda route: route.fulfill(status=409, json={"message": "It is too late."}))
    browser_console.allow("status of 409")
    desk.press("z")
    expect(desk.page.locator("#hint")).to_have_text("It is too late.")
    desk.press("a")
    expect(desk.page.locator("#grid-empty")).to_be_visible()
    desk.saved()
    assert len(desk.standing()) == 30


def test_whoever_is_faster_than_the_next_page_waits_for_it(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(pictures(30), classes=ANIMALS, item_kind="image")

    held: list[Route] = []
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.page.route("**/grid/next/**", lambda route: held.append(route))
    desk.open("grid/?label=cat")
    desk.press("a")
    for route in held:
        route.continue_()
    expect(desk.page.locator(".cell")).to_have_count(6)
    expect(desk.page.locator("#grid-empty")).to_be_hidden()


def test_accepting_scrolls_to_what_was_not_on_the_screen(desk_of: type_of_desk_maker) -> None:
    """Twenty-four images do not fit into the window: nobody has seen the last ones."""
    said = pictures(27)
    dogs = [replace(one, labels=["dog"]) for one in said[24:]]
    desk = desk_of([*said[:24], *dogs], classes=ANIMALS, item_kind="image")
    desk.page.set_viewport_size({"width": 900, "height": 500})
    desk.open("grid/?label=cat")
    cells, hint = desk.page.locator(".cell"), desk.page.locator("#hint")
    expect(cells).to_have_count(24)
    desk.press("a")
    expect(hint).to_contain_text("more below")
    desk.saved()
    assert desk.standing() == {}
    for _ in range(8):
        desk.press("a")
    expect(desk.page.locator("#grid-empty")).to_be_visible()
    desk.saved()
    assert len(desk.standing()) == 24
    # The next class is a key away, and so is what was looked at.
    expect(desk.page.locator("#next-class")).to_have_text("Next: dog")
    desk.page.keyboard.press("j")
    desk.page.wait_for_url("**/grid/?label=dog")
    desk.page.locator("body.scripted").wait_for()
    expect(cells).to_have_count(3)
    desk.press("v")
    expect(desk.page.locator("#look-dialog img")).to_be_visible()
    desk.press("Escape", "+", "c")
    expect(desk.page.locator("#cells")).to_have_attribute("data-size", "large")
    expect(desk.page.locator("#cells.cropped")).to_be_visible()


def test_the_list_of_short_texts(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.open("grid/?label=card")
    cells = desk.page.locator(".cell")
    expect(cells).to_have_count(12)
    cells.nth(3).click()
    desk.press("a")
    desk.saved()
    assert len(desk.standing()) == 11
    # What was said of it goes by itself.
    expect(desk.page.locator("#hint")).to_have_text("11 accepted, 1 left in the queue.")
    expect(desk.page.locator("#hint")).to_have_text("", timeout=8_000)


@pytest.fixture
def plain(browser: Browser, desk: Desk) -> Any:
    """The same reviewer with scripts switched off."""
    context = browser.new_context(base_url=desk.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, desk.url, desk.cast.client(desk.cast.reviewer).cookies[settings.SESSION_COOKIE_NAME].value)
    yield page
    context.close()


def test_the_grid_works_without_scripts(desk: Desk, plain: Any) -> None:
    plain.goto(f"/datasets/{desk.dataset.slug}/review/grid/?label=card")
    plain.locator("input[name=wrong]").nth(2).check()
    plain.locator("#accept-button").click()
    assert len(desk.standing()) == 11
    plain.get_by_role("button", name="Undo last page").click()
    assert desk.standing() == {}
