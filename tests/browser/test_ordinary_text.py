"""A text that no labeler was sent is called ordinary by one key, and nothing else happens to its item."""

import pytest
from playwright.sync_api import Route, expect

from datasets.models import Item
from labeling.clearances import cleared_among
from labeling.models import Clearance
from review.models import Decision
from tests.browser.conftest import Desk
from tests.browsing import Console
from tests.stopping import stopped_item


@pytest.fixture
def item(desk: Desk) -> Item:
    return stopped_item(desk.cast)


def test_one_key_says_it_and_takes_it_back(desk: Desk, item: Item) -> None:
    desk.open("?lane=failed")
    button = desk.page.get_by_role("button", name="Ordinary text")
    expect(desk.page.locator(".item-why")).to_contain_text("Failed prediction: suspicious")
    expect(button).to_have_attribute("aria-pressed", "false")
    desk.press("o")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert "quoted: ordinary text" in desk.hint()
    said = Clearance.objects.get()
    assert (said.item, said.said_by, said.ordinary) == (item, desk.cast.reviewer, True)
    # It is still there to be decided, and nothing has been.
    assert desk.shown == "quoted"
    assert Decision.objects.count() == 0
    desk.page.reload()
    desk.painted()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert cleared_among([item]) == {}
    # The label is an act of its own.
    desk.press("o", "1")
    desk.saved()
    assert desk.standing() == {"quoted": ["card"]}


def test_the_key_help_names_it_where_there_are_texts(desk: Desk, item: Item) -> None:
    desk.open()
    desk.press("?")
    expect(desk.page.locator("#keys-help")).to_contain_text("Ordinary text")


def test_of_other_items_the_key_says_nothing(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("o")
    assert desk.shown == first
    assert desk.page.get_by_role("button", name="Ordinary text").count() == 0
    assert Clearance.objects.count() == 0


def test_when_the_server_does_not_answer_it_says_so_and_nothing_is_shown_as_done(
    desk: Desk, item: Item, browser_console: Console
) -> None:
    browser_console.allow("status of 503")

    def refuse(route: Route) -> None:
        route.fulfill(status=503, body="away")

    desk.open("?lane=failed")
    desk.page.route("**/review/ordinary/", refuse)
    desk.press("o")
    expect(desk.page.locator("#hint")).to_contain_text("The server did not take it")
    expect(desk.page.get_by_role("button", name="Ordinary text")).to_have_attribute("aria-pressed", "false")
    desk.page.unroute("**/review/ordinary/")
    desk.press("o")
    expect(desk.page.get_by_role("button", name="Ordinary text")).to_have_attribute("aria-pressed", "true")
