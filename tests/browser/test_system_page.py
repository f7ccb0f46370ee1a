"""The System page in a real browser: it is found in the menu, and renews itself while one looks at it."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browsing import log_in
from tests.people import Cast
from work import workers

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_it_shows_a_worker_that_came_later(browser_page: Page, live_server: Any, cast: Cast) -> None:
    client = cast.client(cast.admin)
    log_in(browser_page, live_server.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    browser_page.goto("/")
    browser_page.locator("summary").filter(has_text="admin").click()
    browser_page.get_by_role("link", name="System").click()
    expect(browser_page.get_by_text("No worker has been active in the last ten minutes.")).to_be_visible()
    presence = workers.Presence()
    presence.queues = "runs"
    presence.take_up("batch 12")
    presence.tell()
    row = browser_page.get_by_role("row").filter(has_text="batch 12")
    expect(row).to_contain_text("Active", timeout=10_000)
    expect(browser_page.locator("#system")).to_have_count(1)
