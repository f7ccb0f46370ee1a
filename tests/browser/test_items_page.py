"""The list of items as a data manager: ticking, all that match, preview, undo; and My decisions by keys."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from datasets.models import Item
from review.bulk.applying import work_one_bulk_action
from tests.browser.conftest import Desk
from tests.browsing import log_in
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(browser_page: Page, live_server: Any, cast: Cast) -> Page:
    """The page of a manager."""
    log_in(browser_page, live_server.url, cast.client(cast.manager).cookies[settings.SESSION_COOKIE_NAME].value)
    return browser_page


def work() -> None:
    """All bulk actions, to their end."""
    while work_one_bulk_action():
        pass


def test_from_ticks_to_the_undo(signed_in: Page, cast: Cast) -> None:
    fill(cast.dataset, [Said(f"card {n}", ["card"], 0.99, external_id=f"i{n}") for n in range(6)])
    page = signed_in
    page.goto("/datasets/letters/items/")
    ticks = page.locator("input[name=item]")
    exclude = page.get_by_role("button", name="Exclude…")
    expect(exclude).to_be_disabled()
    ticks.nth(1).click()
    ticks.nth(3).click(modifiers=["Shift"])
    expect(page.locator("#bulk-count")).to_have_text("3 selected")
    page.get_by_label("All 6 items").check()
    expect(page.locator("#bulk-count")).to_have_text("6 selected")
    page.get_by_label("All 6 items").uncheck()
    expect(page.locator("#bulk-count")).to_have_text("3 selected")
    page.get_by_role("button", name="Label…").click()
    expect(page.get_by_text("Choose a class to see what would change.")).to_be_visible()
    page.get_by_label("Class").select_option("refund")
    expect(page.get_by_text("3 of 3 items will change.")).to_be_visible()
    page.get_by_role("button", name="Label").click()
    work()
    expect(page.locator("#bulk-progress")).to_contain_text("3 items changed.")
    assert Item.objects.filter(human_labels=["refund"]).count() == 3
    page.get_by_role("button", name="Undo").click()
    work()
    expect(page.locator("#bulk-progress")).to_contain_text("3 items changed.")
    assert Item.objects.filter(status="accepted").count() == 6


def test_columns_are_chosen_and_a_view_brings_them_back(signed_in: Page, cast: Cast) -> None:
    fill(cast.dataset, [Said("card", ["card"], 0.99, external_id="i0")])
    page = signed_in
    page.goto("/datasets/letters/items/?status=accepted")
    table = page.get_by_role("region", name="Items")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Confidence", exact=True).uncheck()
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_count(0)
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Save this view as").fill("Plain")
    page.get_by_role("button", name="Save view").click()
    page.goto("/datasets/letters/items/")
    expect(table.get_by_role("columnheader", name="Confidence")).to_be_visible()
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Plain").click()
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_count(0)
    expect(page.locator("#id_status")).to_have_value("accepted")


def test_my_decisions_are_walked_changed_and_undone_by_keys(desk: Desk) -> None:
    desk.open()
    desk.press("1")
    desk.press("2")
    desk.saved()
    page = desk.page
    page.goto("/datasets/letters/review/mine/")
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(2)
    page.keyboard.press("j")
    expect(rows.nth(0).get_by_role("link").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(rows).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url("**/?edit=1*")
    page.keyboard.press("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert list(Item.objects.filter(status="reviewed").values_list("human_labels", flat=True)) == [["refund"]]


def test_a_skipped_item_comes_back_and_says_so(desk: Desk) -> None:
    desk.open()
    last = Item.objects.count() - 1
    first = desk.shown
    desk.press("s")
    for _ in range(last):
        desk.press("1")
    desk.saved()
    expect(desk.page.get_by_text("You skipped this item before. The rest of the queue is empty")).to_be_visible(
        timeout=30_000
    )
    assert desk.shown == first
