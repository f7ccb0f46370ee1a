"""Every key of the review screen, in a real browser on a real database."""

import pytest
from playwright.sync_api import Route, expect

from accounts.models import User
from datasets.making import NewClass
from datasets.models import Waiting
from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.filling import fill


def test_a_digit_decides_and_the_next_item_is_there(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("2")
    second = desk.shown
    desk.press("Shift+Digit1", "3")
    desk.saved()
    assert first != second
    assert desk.standing() == {first: ["transfer"], second: ["refund"]}


def test_nothing_is_chosen_where_no_proposal_is_in_sight_and_accepting_says_so(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("t", "a", "Enter")
    assert desk.shown == first
    assert "Nothing is selected" in desk.hint()
    assert desk.standing() == {}


@pytest.mark.parametrize("key", ["a", "Enter"])
def test_under_the_threshold_nothing_is_preselected_and_one_key_accepts_the_proposal(desk: Desk, key: str) -> None:
    desk.open()
    first = desk.shown
    assert desk.page.locator("#panel input:checked").count() == 0
    desk.press(key)
    desk.saved()
    assert desk.standing() == {first: ["card"]}
    assert desk.shown != first
    decision = Decision.objects.get()
    assert (decision.shown, decision.matched) == (True, True)


@pytest.mark.parametrize("key", ["a", "A", "Enter"])
def test_accepting_what_is_chosen(desk: Desk, key: str) -> None:
    desk.open()
    first = desk.shown
    desk.page.get_by_label("refund").focus()
    desk.press("Space", key)
    desk.saved()
    assert desk.standing() == {first: ["refund"]}
    assert desk.shown != first


def test_a_click_on_a_class_decides_as_its_digit_does(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.page.locator(".choice", has_text="refund").click()
    expect(desk.page.locator("#hint")).to_have_text(f"{first}: refund. Z undoes it.")
    second = desk.shown
    # The second click of a double one falls on the item that came meanwhile, and is not meant for it.
    desk.page.locator(".choice", has_text="transfer").dblclick()
    third = desk.shown
    desk.press("z", "1")
    desk.saved()
    assert (first != second, second != third) == (True, True)
    assert desk.standing() == {first: ["refund"], second: ["card"]}


def test_a_label_above_its_threshold_is_preselected(desk: Desk) -> None:
    fill(desk.dataset, [unsure_of(100, confidence=0.97, draw=0.0, external_id="sure")])
    # Such an item comes to people by sample alone, blind; or, as here, open, when two of them disagree on it.
    Waiting.objects.filter(item__external_id="sure").update(blind=False, sampled=False, lane="manual")
    desk.open("?lane=manual")
    assert desk.shown == "sure"
    assert desk.page.get_by_label("card").is_checked()
    desk.press("a")
    desk.saved()
    assert desk.standing() == {"sure": ["card"]}
    decision = Decision.objects.get()
    assert (decision.shown, decision.matched) == (True, True)


@pytest.mark.parametrize(("key", "verdict"), [("x", "reject"), ("s", "skip")])
def test_reject_and_skip(desk: Desk, key: str, verdict: str) -> None:
    desk.open()
    first = desk.shown
    desk.press(key)
    desk.saved()
    assert desk.standing() == {first: verdict}
    assert desk.shown != first


def test_unsure_asks_why_and_typing_triggers_nothing(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("u")
    desk.page.keyboard.type("xaz 12 ? is it both")
    desk.press("Enter")
    desk.saved()
    assert desk.standing() == {first: "unsure"}
    assert Decision.objects.get().reason == "xaz 12 ? is it both"


@pytest.mark.parametrize("key", ["z", "Backspace"])
def test_undo_is_a_new_decision_and_the_item_is_decided_anew(desk: Desk, key: str) -> None:
    desk.open()
    first = desk.shown
    desk.press("1")
    second = desk.shown
    desk.press(key)
    assert desk.shown == first
    desk.press("3")
    assert desk.shown == second
    desk.saved()
    assert desk.standing() == {first: ["refund"]}
    assert list(Decision.objects.order_by("id").values_list("verdict", flat=True)) == ["label", "undo", "label"]


def test_many_undos_one_after_the_other(desk: Desk) -> None:
    desk.open()
    seen = [desk.shown]
    for _ in range(5):
        desk.press("1")
        seen.append(desk.shown)
    for expected in reversed(seen[:-1]):
        desk.press("z")
        assert desk.shown == expected
    desk.saved()
    assert desk.standing() == {}


def test_walking_the_own_history_and_changing_an_item(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("1")
    second = desk.shown
    desk.press("2")
    present = desk.shown
    desk.press("k")
    expect(desk.page.locator("#item-title")).to_have_text(second)
    desk.press("1")
    assert "past decision" in desk.hint()
    desk.press("k")
    expect(desk.page.locator("#item-title")).to_have_text(first)
    desk.press("j")
    expect(desk.page.locator("#item-title")).to_have_text(second)
    desk.press("Escape")
    expect(desk.page.locator("#item-title")).to_have_text(present)
    desk.press("k")
    expect(desk.page.locator("#item-title")).to_have_text(second)
    desk.press("e", "3")
    expect(desk.page.locator("#item-title")).to_have_text(present)
    desk.saved()
    assert desk.standing() == {first: ["card"], second: ["refund"]}


def test_undo_reaches_behind_a_reload(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("1")
    expect(desk.page.locator("#item-title")).not_to_have_text(first)
    desk.saved()
    desk.page.reload()
    desk.page.locator("body.scripted").wait_for()
    desk.press("z")
    title = desk.page.locator("#item-title")
    expect(title).to_have_text(first)
    desk.press("2")
    desk.saved()
    assert desk.standing() == {first: ["transfer"]}


def test_keys_pressed_while_the_history_is_on_its_way(desk: Desk) -> None:
    """Each takes its turn: none is lost, and nothing is fetched twice."""
    desk.open()
    decided = []
    for _ in range(3):
        decided.append(desk.shown)
        desk.press("1")
    present = desk.shown
    desk.saved()

    def slowly(route: Route) -> None:
        desk.page.wait_for_timeout(400)
        route.continue_()

    desk.page.route("**/review/history/**", slowly)
    for key in ("k", "k", "k", "j", "e"):
        desk.page.keyboard.press(key)
    title = desk.page.locator("#item-title")
    expect(title).to_have_text(decided[1])
    expect(desk.page.locator("#mode")).to_have_text("")
    desk.press("2")
    expect(title).to_have_text(present)
    desk.saved()
    assert desk.standing() == {decided[0]: ["card"], decided[2]: ["card"], decided[1]: ["transfer"]}


def test_guidelines_proposal_and_help(desk: Desk) -> None:
    desk.dataset.guidelines = "# Rules\n\nChoose **one**. <script>alert(1)</script>"
    desk.dataset.save()
    desk.open()
    desk.press("g")
    expect(desk.page.locator("#guidelines strong")).to_have_text("one")
    assert desk.page.locator("#guidelines script").count() == 0
    desk.press("Escape", "t")
    assert not desk.page.locator(".proposal").is_visible()
    desk.press("1", "1")
    desk.saved()
    # The first proposal had been in sight before it was hidden.
    assert list(Decision.objects.order_by("id").values_list("shown", flat=True)) == [True, False]
    desk.press("t")
    assert desk.page.locator(".proposal").is_visible()
    desk.press("?")
    expect(desk.page.locator("#keys-help")).to_contain_text("Undo last decision")


def test_keys_can_be_changed_and_switched_off(desk: Desk) -> None:
    User.objects.filter(pk=desk.cast.reviewer.pk).update(review_keys={"reject": "r"})
    desk.open()
    first = desk.shown
    desk.press("x")
    assert desk.shown == first
    desk.press("r")
    desk.saved()
    assert desk.standing() == {first: "reject"}
    User.objects.filter(pk=desk.cast.reviewer.pk).update(review_keys={"off": True})
    desk.open()
    second = desk.shown
    desk.press("1", "r", "x", "s")
    assert desk.shown == second
    desk.page.get_by_label("refund").focus()
    desk.press("Space", "Enter")
    desk.saved()
    assert desk.standing() == {first: "reject", second: ["refund"]}


def test_a_held_key_decides_once(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.page.keyboard.down("1")
    for _ in range(5):
        desk.page.keyboard.down("1")
    desk.page.keyboard.up("1")
    desk.saved()
    assert desk.standing() == {first: ["card"]}


def test_the_buttons_do_what_the_keys_do(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.page.get_by_label("transfer").focus()
    desk.press("Space")
    desk.click("Accept")
    second = desk.shown
    desk.click("Discard")
    third = desk.shown
    desk.click("Skip")
    desk.click("Undo")
    assert desk.shown == third
    desk.saved()
    assert desk.standing() == {first: ["transfer"], second: "reject"}


def test_the_item_has_the_focus_and_is_announced(desk: Desk) -> None:
    desk.open()
    assert desk.page.evaluate("document.activeElement.id") == "item"
    desk.press("1")
    assert desk.page.evaluate("document.activeElement.id") == "item"
    expect(desk.page.locator("#live-polite")).to_contain_text(desk.shown)


def test_the_end_of_the_queue_and_back(desk_of: type_of_desk_maker) -> None:
    desk = desk_of([unsure_of(1), unsure_of(2)], classes=[NewClass("card"), NewClass("refund")])
    desk.open()
    first = desk.shown
    desk.press("1", "2")
    expect(desk.page.locator(".nothing")).to_be_visible()
    desk.press("1")
    desk.press("z", "z")
    expect(desk.page.locator("#item-title")).to_have_text(first)
    desk.press("2", "1")
    expect(desk.page.locator(".nothing")).to_be_visible()
    desk.saved()
    assert desk.standing()[first] == ["refund"]
