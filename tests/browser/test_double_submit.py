"""The same decision sent twice, in all the ways in which it happens: it counts once, and nobody is told otherwise."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, Route, expect

from review.deciding import decisions
from review.models import Decision
from tests.browser.conftest import Desk
from tests.browsing import Console, log_in


@pytest.fixture
def plain(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The reviewer with scripts switched off: nothing in the page stops a second click."""
    context = browser.new_context(base_url=desk.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, desk.url, desk.cast.client(desk.cast.reviewer).cookies[settings.SESSION_COOKIE_NAME].value)
    yield page
    context.close()


def decided() -> list[tuple[str, list[str]]]:
    """Every decision there is: the item, and its labels."""
    found = Decision.objects.select_related("item")
    return [(one.item.external_id, one.value["labels"] if one.value else []) for one in found]


def test_a_double_click_decides_once(desk: Desk, plain: Page) -> None:
    plain.goto(f"/datasets/{desk.dataset.slug}/review/")
    first = plain.locator("#item-title").inner_text()
    plain.get_by_label("refund", exact=False).first.check()
    plain.get_by_role("button", name="Accept").dblclick(no_wait_after=True)
    expect(plain.locator("#item-title")).not_to_have_text(first)
    expect(plain.locator(".notice.error")).to_have_count(0)
    assert decided() == [(first, ["refund"])]


def test_a_form_that_is_sent_again_is_answered_as_the_first_time(desk: Desk, plain: Page) -> None:
    """By the back button, or by a reload."""
    plain.goto(f"/datasets/{desk.dataset.slug}/review/")
    first = plain.locator("#item-title").inner_text()
    form = plain.locator("#review-form")
    fields = {
        field.get_attribute("name"): field.input_value() for field in form.locator("input[type=hidden]").all()
    }  # fmt: skip
    sent = {str(name): value for name, value in fields.items()} | {"labels": "refund", "verdict": "label"}
    address = desk.url + str(form.get_attribute("action") or f"/datasets/{desk.dataset.slug}/review/")
    answers = [
        plain.request.post(address, form=sent, headers={"Referer": plain.url}, max_redirects=0) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [302, 302]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert decided() == [(first, ["refund"])]


def test_two_tabs_send_what_one_could_not(desk: Desk, browser_console: Console) -> None:
    """What is unsent is kept for all tabs: another one sends it, and the first sends it once more.

    Without Web Locks, as on a page that came without TLS: nothing in the browser keeps the two apart.
    """
    browser_console.allow("ERR_")
    desk.page.context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    desk.open()
    first = desk.shown
    desk.page.route("**/decisions/", lambda route: route.abort())
    desk.press("2")
    expect(desk.page.locator("#saved-chip")).to_contain_text("1 unsaved")
    other = desk.page.context.new_page()
    other.goto(f"/datasets/{desk.dataset.slug}/review/")
    other.locator("#saved-chip[data-state=saved]").wait_for()
    desk.page.unroute("**/decisions/")
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.saved()
    other.close()
    assert decided() == [(first, ["transfer"])]
    expect(desk.page.locator("#lost-chip")).to_be_hidden()


def answer_504_once(desk: Desk) -> None:
    """The server decides, and something between it and the browser says that it took too long."""
    late = iter([True])

    def lose_the_answer(route: Route) -> None:
        if next(late, False):
            route.fetch()
            route.fulfill(status=504)
        else:
            route.continue_()

    desk.page.route("**/decisions/", lose_the_answer)


def test_a_504_after_the_decision_was_made_is_sent_again_and_counts_once(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("status of 504")
    desk.open()
    first = desk.shown
    answer_504_once(desk)
    desk.press("2")
    desk.saved()
    expect(desk.page.locator("#lost-chip")).to_be_hidden()
    assert decided() == [(first, ["transfer"])]


def test_the_check_finds_a_server_that_forgets_requests(desk: Desk, browser_console: Console, monkeypatch: Any) -> None:
    """The negative control: the same repeat is told that it is lost, although it was recorded."""
    browser_console.allow("status of 504|409")
    monkeypatch.setattr(decisions, "replayed", lambda *_: None)
    desk.open()
    answer_504_once(desk)
    desk.press("2")
    expect(desk.page.locator("#lost-chip")).to_be_visible()
    assert len(decided()) == 1
