"""Images that the server makes when they are first asked for: where it says "later", the page asks again by itself."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Route, expect

from datasets.media import thumbnails
from tests.browser.conftest import type_of_desk_maker
from tests.browser.pictures import ANIMALS, pictures
from tests.browsing import Console, log_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, browser_console: Console) -> Iterator[Any]:
    """Somebody takes the only place; `crowd.release()` ends that."""
    browser_console.allow("status of 503")
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(thumbnails, "_places", places)
    monkeypatch.setattr(thumbnails, "SMALL_PIXELS", 0)
    places.acquire()
    yield places
    # What still waits finds a place.
    monkeypatch.undo()


def is_seen(image: Locator) -> bool:
    return bool(image.evaluate("(image) => image.complete && image.naturalWidth > 0"))


def test_a_thumbnail_comes_a_moment_later(desk_of: type_of_desk_maker, crowd: Any) -> None:
    desk = desk_of(pictures(3), classes=ANIMALS, item_kind="image")
    client = desk.cast.client(desk.cast.reviewer)
    log_in(desk.page, desk.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    with desk.page.expect_response(lambda answer: answer.status == 503):
        desk.page.goto("/datasets/other/items/")
    images = desk.page.locator("img.thumb")
    expect(images).to_have_count(3)
    assert not is_seen(images.nth(2))
    crowd.release()
    desk.page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth > 0)")


def test_small_images_are_there_at_once(desk_of: type_of_desk_maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are asked for at the same moment, and whoever makes a large one; nothing is complained of."""
    monkeypatch.setattr(thumbnails, "_places", places := threading.BoundedSemaphore(1))
    places.acquire()
    desk = desk_of(pictures(24), classes=ANIMALS, item_kind="image")
    client = desk.cast.client(desk.cast.reviewer)
    log_in(desk.page, desk.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    desk.page.goto("/datasets/other/items/")
    images = desk.page.locator("img.thumb")
    expect(images).to_have_count(24)
    for number in range(24):
        # Those far below are not asked for before one comes near them.
        images.nth(number).scroll_into_view_if_needed()
    desk.page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth > 0)")


def test_a_page_of_the_grid_waits_for_its_images(desk_of: type_of_desk_maker, crowd: Any) -> None:
    desk = desk_of(pictures(3), classes=ANIMALS, item_kind="image")
    asked: list[str] = []

    def leave_when_asked_again(route: Route) -> None:
        asked.append(route.request.resource_type)
        if asked.count("fetch") == 1 and asked[-1] == "fetch":
            crowd.release()
        route.continue_()

    desk.page.route("**/file/**", leave_when_asked_again)
    client = desk.cast.client(desk.cast.reviewer)
    log_in(desk.page, desk.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    desk.page.goto("/datasets/other/review/grid/?label=cat")
    expect(desk.page.locator("#cells img")).to_have_count(3)
    desk.page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth > 0)")


def test_an_image_that_is_broken_is_asked_for_once_more_and_left(
    desk_of: type_of_desk_maker, browser_console: Console
) -> None:
    browser_console.allow("status of 404")
    desk = desk_of(pictures(1), classes=ANIMALS, item_kind="image")
    client = desk.cast.client(desk.cast.reviewer)
    log_in(desk.page, desk.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.resource_type)
        route.fulfill(status=404)

    desk.page.route("**/file/**", refuse)
    desk.page.goto("/datasets/other/items/")
    desk.page.wait_for_function("() => document.querySelector('img.thumb').dataset.askedAgain")
    desk.page.wait_for_load_state("networkidle")
    assert asked == ["image", "fetch"]
