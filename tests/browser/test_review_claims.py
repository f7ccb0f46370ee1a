"""Claims of the review page: renewed while it is open, given back when it closes, and none lost on the way."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from datasets.models import Waiting
from tests.browser.conftest import Desk
from tests.browsing import Console

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_claims_are_given_back_when_the_page_closes(desk: Desk) -> None:
    desk.open()
    held = Waiting.objects.filter(claimed_by=desk.cast.reviewer)
    # What is still on its way to the page cannot be given back by it.
    desk.page.wait_for_load_state("networkidle")
    assert held.count() == 12
    desk.page.goto("about:blank")
    wait_until(desk, lambda: held.count() == 0)


def wait_until(desk: Desk, condition: Callable[[], bool]) -> None:
    """Poll for up to twenty seconds: the machine may be busy. The page has the turn meanwhile: handlers of its requests
    are called at no other time."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        desk.page.wait_for_timeout(50)


def earliest(desk: Desk) -> datetime:
    """When the first of the reviewer's claims would end."""
    held = Waiting.objects.filter(claimed_by=desk.cast.reviewer, claimed_until__isnull=False)
    return min(slot.claimed_until for slot in held if slot.claimed_until)


def test_claims_are_renewed(desk: Desk, settings: Any) -> None:
    settings.CLAIM_SECONDS = 3
    desk.open()
    first = earliest(desk)
    wait_until(desk, lambda: earliest(desk) > first)
    desk.press("1")
    desk.saved()
    assert len(desk.standing()) == 1


def test_a_page_that_was_left_while_it_fetched_loses_no_items(desk: Desk, browser_console: Console) -> None:
    """The server had given it all that waits, and the answer found nobody."""
    browser_console.allow("ERR_FAILED")
    asked: list[int] = []

    def lose(route: Route) -> None:
        asked.append(route.fetch().status)
        route.abort()

    desk.page.route("**/review/next/**", lose)
    desk.open()
    wait_until(desk, lambda: bool(asked))
    desk.page.unroute_all()
    held = Waiting.objects.filter(claimed_by=desk.cast.reviewer).count()
    assert held == Waiting.objects.count() > 2
    desk.open()
    shown = [desk.shown]
    desk.press("1")
    desk.saved()
    assert list(desk.standing()) == shown
    expect(desk.page.locator("#item-title")).not_to_have_text(shown[0])
