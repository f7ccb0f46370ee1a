"""Fast hands, lost networks, lost claims, sign-outs: nothing is lost, nothing lands on the wrong item."""

import random

import pytest
from playwright.sync_api import Route, expect

from datasets.making import NewClass
from datasets.models import Waiting
from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.browsing import Console
from tests.filling import Said
from tests.loops import claim_one, label
from tests.people import PASSWORD

# Notes what was on the screen when a digit was pressed, and whether it counts: a decision counts only for an item that
# was painted, and a busy machine may take longer for that than a fast finger. Twenty unsent ones are the most.
WATCH = """
window.pressed = [];
document.addEventListener("keydown", (event) => {
  const item = document.querySelector("#stage:not([aria-busy]) #item");
  const input = document.querySelector(`#panel input[data-digit="${event.key}"]`);
  const unsent = Object.keys(localStorage).filter((key) => key.startsWith("countersign:outbox:")).length;
  if (!item || !input || window.paintedItem !== item.dataset.item || unsent >= 20) return;
  window.pressed.push([item.dataset.title, input.value]);
}, true);
"""
COUNTED = "window.pressed.length"


@pytest.mark.parametrize(("gap", "latency"), [(60, 0), (100, 0), (60, 150)])
def test_fast_typing_loses_and_shifts_nothing(desk_of: type_of_desk_maker, gap: int, latency: int) -> None:
    desk = desk_of(
        [unsure_of(number, alternatives=[]) for number in range(230)],
        classes=[NewClass("card"), NewClass("transfer"), NewClass("refund")],
    )
    desk.open()
    network = desk.page.context.new_cdp_session(desk.page)
    speed = {"latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False} | speed)
    desk.page.evaluate(WATCH)
    desk.page.wait_for_timeout(500)
    chance = random.Random(gap)
    while missing := 200 - desk.page.evaluate(COUNTED):
        for _ in range(missing):
            desk.page.keyboard.press(chance.choice("123"))
            desk.page.wait_for_timeout(gap)
    desk.saved()
    pressed = desk.page.evaluate("window.pressed")
    assert len({title for title, _ in pressed}) == 200
    assert desk.standing() == {title: [label] for title, label in pressed}


def test_decisions_made_offline_are_shown_at_once_and_sent_later(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("ERR_INTERNET_DISCONNECTED")
    desk.open()
    desk.page.context.set_offline(True)
    seen = []
    for key in "1231":
        seen.append((desk.shown, key))
        desk.press(key)
    expect(desk.page.locator("#saved-chip")).to_have_text("Offline, 4 unsaved")
    assert desk.standing() == {}
    desk.page.context.set_offline(False)
    desk.saved()
    names = {"1": "card", "2": "transfer", "3": "refund"}
    assert desk.standing() == {title: [names[key]] for title, key in seen}


def test_a_reload_keeps_what_was_not_sent(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("ERR_")
    desk.open()
    desk.page.route("**/decisions/", lambda route: route.abort())
    first = desk.shown
    desk.press("3")
    expect(desk.page.locator("#saved-chip")).to_contain_text("1 unsaved")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.unroute("**/decisions/")
    desk.page.reload()
    desk.page.locator("body.scripted").wait_for()
    desk.saved()
    assert desk.standing() == {first: ["refund"]}


def test_a_server_error_is_tried_again(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("status of 50")
    desk.open()
    answers = iter([503, 500])

    def fail_twice(route: Route) -> None:
        status = next(answers, None)
        route.fulfill(status=status) if status else route.continue_()

    desk.page.route("**/decisions/", fail_twice)
    first = desk.shown
    desk.press("2")
    desk.saved()
    assert desk.standing() == {first: ["transfer"]}
    assert Decision.objects.count() == 1


def test_after_an_undo_that_is_refused_the_next_item_comes(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("status of 409")
    desk.open()
    first = desk.shown
    desk.press("u")
    desk.page.keyboard.type("both hold")
    desk.press("Enter")
    desk.saved()
    second = desk.shown
    label(desk.dataset, desk.cast.manager, claim_one(desk.dataset, desk.cast.manager, lane="unsure"), "refund")
    desk.press("z")
    expect(desk.page.locator("#hint")).to_contain_text("decided again")
    expect(desk.page.locator("#item-title")).to_have_text(second)
    desk.press("1")
    desk.saved()
    assert desk.standing() == {first: ["refund"], second: ["card"]}


def test_the_same_request_decides_once(desk: Desk) -> None:
    desk.open()

    def send_twice(route: Route) -> None:
        route.fetch()
        route.continue_()

    desk.page.route("**/decisions/", send_twice)
    desk.press("2")
    desk.saved()
    assert Decision.objects.count() == 1


def lose_claims(desk: Desk) -> None:
    """Somebody else takes everything that this reviewer holds."""
    Waiting.objects.filter(claimed_by=desk.cast.reviewer).update(claimed_by=desk.cast.manager)


def test_a_lost_claim_keeps_choice_and_words(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("409")
    desk.open()
    first = desk.shown
    lose_claims(desk)
    desk.press("u")
    desk.page.keyboard.type("both fit")
    desk.press("Enter")
    expect(desk.page.locator("#lost-chip")).to_have_text("1 not saved")
    desk.page.locator("#lost-chip").click()
    entry = desk.page.locator(".lost-list li")
    expect(entry).to_contain_text(first)
    expect(entry).to_contain_text("Flagged (“both fit”)")
    assert desk.standing() == {}
    browser_console.allow("404")
    entry.get_by_role("button", name="Review again").click()
    expect(entry).to_contain_text("is no longer yours")
    Waiting.objects.update(claimed_by=None, claimed_until=None, token=None)
    entry.get_by_role("button", name="Review again").click()
    expect(desk.page.locator("#item-title")).to_have_text(first)
    expect(desk.page.locator("#lost-chip")).to_be_hidden()
    desk.press("2")
    desk.saved()
    assert desk.standing() == {first: ["transfer"]}


def test_a_lost_label_comes_back_chosen(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("409")
    desk.open()
    first = desk.shown
    lose_claims(desk)
    desk.press("3")
    expect(desk.page.locator("#lost-chip")).to_be_visible()
    desk.page.reload()
    desk.page.locator("body.scripted").wait_for()
    Waiting.objects.update(claimed_by=None, claimed_until=None, token=None)
    desk.page.locator("#lost-chip").click()
    desk.page.get_by_role("button", name="Review again").click()
    expect(desk.page.locator("#item-title")).to_have_text(first)
    desk.page.wait_for_timeout(100)
    desk.press("a")
    desk.saved()
    assert desk.standing() == {first: ["refund"]}


PRESSED_AS_THE_DIALOG_OPENS = """() => {
  const dialog = document.getElementById("signin-dialog");
  const press = () => dialog.querySelector("[type=password]").dispatchEvent(
    new KeyboardEvent("keydown", { key: "2", bubbles: true, cancelable: true }));
  const after = (milliseconds) => new Promise((done) => { setTimeout(() => done(press()), milliseconds); });
  globalThis.taken = new Promise((done) => {
    new MutationObserver(() => { done(Promise.all([press(), after(100), after(1700)])); })
      .observe(dialog, { attributeFilter: ["open"] });
  });
}"""


def test_signing_in_again_sends_what_was_kept(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("401")
    first, dialog = desk.decide_signed_out()
    expect(desk.page.locator("#signin-password")).to_be_focused()
    desk.page.wait_for_timeout(600)
    desk.page.keyboard.type("wrong")
    # Another request hears meanwhile that the session has ended: the focus and the words stay.
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.press("Enter")
    expect(dialog).to_contain_text("Wrong username or password")
    desk.page.fill("#signin-password", PASSWORD)
    desk.press("Enter")
    expect(dialog).to_be_hidden()
    desk.saved()
    assert desk.standing() == {first: ["card"]}
    desk.press("2")
    desk.saved()
    assert len(desk.standing()) == 2


def test_keys_meant_for_the_item_do_not_land_in_the_password(desk: Desk, browser_console: Console) -> None:
    browser_console.allow("401")
    desk.open()
    desk.page.evaluate(PRESSED_AS_THE_DIALOG_OPENS)
    desk.end_session()
    desk.press("1")
    expect(desk.page.locator("#signin-password")).to_be_focused()
    # One at once, one of a hand that goes on, one after a pause.
    assert desk.page.evaluate("taken") == [False, False, True]


def test_a_blind_item_shows_nothing_of_the_machine(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(
        [Said("blind text", ["card"], 0.99, [("card", 0.99)], draw=0.0)],
        classes=[NewClass("card"), NewClass("refund")],
    )
    desk.open()
    expect(desk.page.locator(".item-why")).to_contain_text("Random check")
    assert desk.page.locator(".choice-probability").all_inner_texts() == ["", ""]
    assert "99%" not in desk.page.locator("#stage").inner_html()
    assert desk.page.locator("#panel input:checked").count() == 0
    desk.press("Enter")
    assert desk.standing() == {}
    desk.press("2")
    desk.saved()
    decision = Decision.objects.get()
    assert (decision.shown, decision.matched, decision.sampled) == (False, False, True)
    desk.press("k")
    expect(desk.page.locator(".item-why")).to_contain_text("You: refund")
    assert desk.page.locator(".choice-probability").all_inner_texts() == ["", ""]


@pytest.mark.parametrize("letters", [10, 70_000, 1_000_000])
def test_a_body_of_any_size_leaves_the_browser(desk: Desk, browser_console: Console, letters: int) -> None:
    """Browsers let small requests alone outlive a page, and refuse larger ones that ask for it."""
    browser_console.allow("status of 422")
    desk.open()
    send = """async ([url, letters]) => {
      const { post } = await import("/static/js/shared/http.js");
      return (await post(url, { reason: "é".repeat(letters) }, { keepalive: true })).status;
    }"""
    assert desk.page.evaluate(send, [f"/datasets/{desk.dataset.slug}/review/decisions/", letters]) == 422
