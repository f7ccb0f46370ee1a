"""What the review page asks of a server that cannot answer: little, and nothing of one that would not listen."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.browser.conftest import NOTE_PAINTING, Desk, type_of_desk_maker
from tests.browser.pictures import ANIMALS, pictures
from tests.browsing import Console

# Of all requests of the page together: each kind waits longer after each failure.
MOST_IN_A_MINUTE = 24


class Asked:
    """Counts requests of the page; its clock can be moved."""

    def __init__(self, desk: Desk) -> None:
        self.page = desk.page
        self._seen: list[str] = []
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/static/" not in request.url:
            self._seen.append(f"{request.method} {request.url}")

    def in_a_minute(self) -> list[str]:
        """What was asked for in the next minute of the page's clock."""
        self._seen.clear()
        for _ in range(60):
            self.page.clock.run_for(1_000)
            # Answers come in the machine's own time.
            self.page.wait_for_timeout(10)
        return list(self._seen)


@pytest.fixture
def elsewhere(desk: Desk, browser: Browser, browser_console: Console, settings: Any) -> Iterator[Desk]:
    """The desk at a name that is not this machine's own: there the browser is believed that it is offline."""
    settings.ALLOWED_HOSTS = [".localhost"]
    context = browser.new_context(base_url=desk.url.replace("localhost", "desk.localhost"))
    browser_console.listen(context)
    page = context.new_page()
    page.add_init_script(NOTE_PAINTING)
    yield replace(desk, page=page, url=desk.url.replace("localhost", "desk.localhost"))
    context.close()


def test_a_minute_of_503(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("status of 503")
    desk.page.clock.install()
    desk.open()
    asked = Asked(desk)
    desk.page.route("**/review/**", lambda route: route.fulfill(status=503))
    desk.press("1", "1")
    found = asked.in_a_minute()
    assert 2 <= len(found) <= MOST_IN_A_MINUTE
    assert {"next", "decisions"} <= {one.split("?")[0].strip("/").rpartition("/")[2] for one in found}
    desk.page.unroute("**/review/**")
    asked.in_a_minute()
    desk.saved()
    assert len(desk.standing()) == 2


def test_a_minute_offline(elsewhere: Desk, browser_console: Console) -> None:
    elsewhere.page.clock.install()
    elsewhere.open()
    elsewhere.page.wait_for_load_state("networkidle")
    asked = Asked(elsewhere)
    elsewhere.page.context.set_offline(True)
    elsewhere.press("1", "2", "s")
    assert asked.in_a_minute() == []
    expect(elsewhere.page.locator("#saved-chip")).to_have_text("Offline, 3 unsaved")
    elsewhere.page.context.set_offline(False)
    elsewhere.saved()
    assert len(elsewhere.standing()) == 3


@pytest.mark.parametrize("path", ["", "grid/?label=card"])
def test_minutes_signed_out(desk: Desk, browser_console: Console, path: str) -> None:
    browser_console.allow("status of 401")
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.page.clock.install()
    desk.open(path)
    desk.end_session()
    desk.press("a")
    expect(desk.page.locator("#signin-dialog")).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    asked = Asked(desk)
    # Two minutes and a bit: claims are renewed that often.
    assert asked.in_a_minute() + asked.in_a_minute() + asked.in_a_minute() == []


def test_the_grid_waits_for_a_server_that_is_away(desk_of: type_of_desk_maker, browser_console: Console) -> None:
    browser_console.allow("status of 503")
    desk = desk_of(pictures(30), classes=ANIMALS, item_kind="image")
    desk.page.set_viewport_size({"width": 1280, "height": 1400})
    desk.page.clock.install()
    desk.page.route("**/grid/next/**", lambda route: route.fulfill(status=503))
    desk.open("grid/?label=cat")
    desk.press("a")
    asked = Asked(desk)
    assert 2 <= len([one for one in asked.in_a_minute() if "next" in one]) <= MOST_IN_A_MINUTE
    expect(desk.page.locator("#grid-empty")).to_be_hidden()
    desk.page.unroute("**/grid/next/**")
    asked.in_a_minute()
    asked.in_a_minute()
    expect(desk.page.locator(".cell")).to_have_count(6)
