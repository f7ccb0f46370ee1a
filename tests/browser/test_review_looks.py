"""The review screen in both schemes, at 360 pixels, with every dialog open: axe finds nothing, nothing overflows."""

from dataclasses import replace
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accessibility import overflow, violations
from tests.browser.conftest import Desk
from tests.browsing import Console

Scheme = Literal["light", "dark"]
STATES = ["", "1", "k", "/", "u", "g", "?", "t", "Enter"]
SMALL = """() => [...document.querySelectorAll(".bar button, .choice")].filter((one) => one.offsetParent)
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent.trim())"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, scheme: Scheme) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    desk.open()
    desk.press("1")
    for key in STATES:
        if key:
            desk.press(key)
            desk.page.wait_for_timeout(150)
        assert violations(desk.page) == [], f"after {key}"
        desk.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["grid/", "grid/?label=card"])
def test_axe_finds_nothing_on_the_grid(desk: Desk, scheme: Scheme, path: str) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    if "label" in path:
        desk.open(path)
        desk.press("Space", "ArrowRight", "2")
    else:
        desk.open()
        desk.page.goto(f"/datasets/{desk.dataset.slug}/review/{path}")
    assert violations(desk.page) == []


@pytest.mark.parametrize("path", ["/profile/review-keys/", "/nowhere/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_plain_pages(desk: Desk, browser_console: Console, path: str, scheme: Scheme) -> None:
    browser_console.allow("404")
    desk.page.emulate_media(color_scheme=scheme)
    desk.open()
    desk.page.goto(path)
    assert violations(desk.page) == []


def test_axe_finds_nothing_on_the_sign_in_page(browser_page: Page, cast: object) -> None:
    browser_page.goto("/sign-in/")
    assert violations(browser_page) == []


@pytest.mark.parametrize("width", [360, 500, 841, 961, 1121, 1241])
@pytest.mark.parametrize("path", ["", "grid/?label=card"])
def test_at_every_width_everything_is_there(desk: Desk, path: str, width: int) -> None:
    desk.page.set_viewport_size({"width": width, "height": 740})
    desk.open(path)
    desk.press("2", "k")
    assert overflow(desk.page) <= 0
    for button in desk.page.locator(".bar button:visible, .saved-chip").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 740
    assert violations(desk.page) == []


def test_touch_targets_are_large_enough(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(
        base_url=desk.url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    touch = replace(desk, page=context.new_page())
    touch.open()
    first = touch.shown
    assert touch.page.evaluate(SMALL) == []
    touch.page.get_by_label("refund").tap()
    expect(touch.page.locator("#item-title")).not_to_have_text(first)
    touch.saved()
    context.close()
    assert desk.standing() == {first: ["refund"]}


def test_nothing_moves_from_item_to_item(desk: Desk) -> None:
    desk.open()

    def places() -> list[object]:
        """At one moment: between two questions the next item may come."""
        found: list[object] = desk.page.evaluate(
            """() => [".bar-accept", "#panel", "#item", "#saved-chip"]
              .map((name) => document.querySelector(name).getBoundingClientRect().toJSON())"""
        )
        return found

    before = places()
    for key in ["1", "Enter", "2", "s", "z", "k"]:
        desk.press(key)
        assert places() == before, key


def test_colours_can_be_forced(desk: Desk) -> None:
    desk.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    desk.open()
    desk.press("1")
    assert violations(desk.page) == []
