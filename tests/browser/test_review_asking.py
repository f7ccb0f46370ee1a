"""How often the review page asks for items: ever more rarely when it gets none, and again when some may be there."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Request, Route, expect

from datasets.making import NewClass
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.browsing import Console
from tests.filling import Said, fill
from tests.loops import claim_one

# What a page may ask for in three seconds when it gets nothing: a few tries with growing pauses, not hundreds.
A_FEW = 6


@contextmanager
def asked(desk: Desk, path: str) -> Iterator[list[str]]:
    """The requests whose address holds `path`."""
    found: list[str] = []

    def note(request: Request) -> None:
        if path in request.url:
            found.append(request.url)

    desk.page.on("request", note)
    yield found
    desk.page.remove_listener("request", note)


def many(desk_of: type_of_desk_maker) -> Desk:
    """A queue that is longer than what the page holds."""
    classes = [NewClass(name) for name in ("card", "transfer", "refund")]
    return desk_of([unsure_of(number) for number in range(40)], classes=classes)


def test_offline_it_waits(desk_of: type_of_desk_maker, browser_console: Console) -> None:
    browser_console.allow("ERR_INTERNET_DISCONNECTED")
    desk = many(desk_of)
    desk.open()
    desk.page.context.set_offline(True)
    with asked(desk, "/review/next/") as requests:
        desk.press("s", "s")
        desk.page.wait_for_timeout(3_000)
        assert 1 <= len(requests) <= A_FEW
        desk.page.context.set_offline(False)
        # Back online it asks at once.
        desk.saved()
    desk.press("1")
    desk.saved()


def test_a_server_in_trouble_is_asked_ever_more_rarely(desk_of: type_of_desk_maker, browser_console: Console) -> None:
    browser_console.allow("status of 503")
    desk = many(desk_of)
    desk.open()
    desk.page.route("**/review/next/**", lambda route: route.fulfill(status=503))
    with asked(desk, "/review/next/") as requests:
        desk.press("s", "s", "s")
        desk.page.wait_for_timeout(3_000)
        assert 1 <= len(requests) <= A_FEW


def test_signed_out_it_asks_nothing(desk_of: type_of_desk_maker, browser_console: Console) -> None:
    browser_console.allow("status of 401")
    desk = many(desk_of)
    desk.open()
    desk.end_session()
    with asked(desk, "/") as requests:
        desk.press("s")
        expect(desk.page.locator("#signin-dialog")).to_be_visible()
        before = len(requests)
        desk.page.wait_for_timeout(3_000)
        assert len(requests) - before <= 1


def test_items_that_arrive_later_appear_by_themselves(desk: Desk) -> None:
    while claim := claim_one_or_none(desk):
        del claim
    desk.page.clock.install()
    desk.open()
    expect(desk.page.locator("#stage")).to_contain_text("all caught up")
    fill(desk.dataset, [Said("a late text", ["card"], 0.4, external_id="late")])
    desk.page.clock.fast_forward(20_000)
    expect(desk.page.locator("#item-title")).to_have_text("late")


def claim_one_or_none(desk: Desk) -> bool:
    """Somebody else takes the next item; whether there was one."""
    try:
        claim_one(desk.dataset, desk.cast.manager)
    except ValueError:
        return False
    return True


def test_too_many_requests_keep_the_decision(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("status of 429")
    desk.open()
    answers = iter([429])

    def refuse_once(route: Route) -> None:
        status = next(answers, None)
        route.fulfill(status=status) if status else route.continue_()

    desk.page.route("**/decisions/", refuse_once)
    first = desk.shown
    desk.press("2")
    desk.saved()
    assert desk.standing() == {first: ["transfer"]}


@pytest.mark.parametrize("composing", [{"isComposing": True}, {"keyCode": 229}])
def test_keys_of_an_input_method_decide_nothing(desk: Desk, composing: dict[str, object]) -> None:
    desk.open()
    first = desk.shown
    desk.painted()
    desk.page.evaluate(
        """(composing) => {
          for (const [key, code] of [["a", "KeyA"], ["1", "Digit1"], ["Enter", "Enter"]]) {
            const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true, ...composing });
            document.body.dispatchEvent(event);
          }
        }""",
        composing,
    )
    desk.page.wait_for_timeout(300)
    assert desk.standing() == {}
    assert desk.shown == first
