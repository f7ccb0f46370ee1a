"""Spans of a text in a real browser: by keys alone, by mouse alone, by touch; what is stored is what was meant."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from review.models import Decision
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import NAMES, TEXT, at, decided, spans_of, texts, triples

SETTINGS = {
    "relations": [{"name": "works at", "from_labels": ["PER"], "to_labels": ["ORG"]}, {"name": "near"}],
    "attributes": {"certain": {"values": ["yes", "no"]}, "note": {"labels": ["PER"]}},
}
MACHINE = [at("Ada 🦊 Lovelace", "PER"), at("Zürich", "ORG"), at("Bank of England", "ORG"), at("England", "LOC")]

# The middle of the left edge of the character at an offset, in the window.
PLACE = """(offset) => {
  const viewer = document.querySelector("[data-viewer]");
  const line = viewer.lines.at(offset);
  const [box] = viewer.lines.rectsOf(line, offset, offset + 1);
  return [box.left, box.top + box.height / 2];
}"""
MARKS = "document.querySelectorAll('.text-tints > *').length"
VALUE = "document.querySelector('[data-editor]').value"


@pytest.fixture
def desk(desk_of: type_of_desk_maker) -> Desk:
    """Four texts with names in them."""
    return desk_of(texts(4), classes=NAMES, task_kind="spans", task_settings=SETTINGS)


def place(page: Page, words: str, *, end: bool = False) -> tuple[float, float]:
    """Where words begin, or end, on the screen."""
    start, stop, _ = at(words, "")
    x, y = page.evaluate(PLACE, stop if end else start)
    return x + (0 if end else 1), y


def select(page: Page, words: str) -> None:
    """Drag over the words with the mouse."""
    page.mouse.move(*place(page, words))
    page.mouse.down()
    page.mouse.move(*place(page, words, end=True), steps=4)
    page.mouse.up()
    page.wait_for_timeout(50)


def test_nothing_is_chosen_beforehand_and_one_key_accepts_the_whole_proposal(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    assert desk.page.evaluate(VALUE) is None
    expect(desk.page.locator(".element-row.low")).to_have_count(2)
    desk.press("a")
    assert desk.shown != first
    assert decided(desk) == spans_of(TEXT)
    decision = Decision.objects.get()
    assert (decision.shown, decision.matched) == (True, True)


def test_the_walk_begins_with_what_the_machine_is_unsure_of(desk: Desk) -> None:
    desk.open()
    head = desk.page.locator(".details-head")
    desk.press("v")
    expect(head).to_contain_text("Zürich")
    desk.press("3", "v")
    expect(head).to_contain_text("Place, England")
    desk.press("v")
    expect(head).to_contain_text("Ada")
    desk.press("v", "v")
    expect(desk.page.locator("#hint")).to_contain_text("All are checked")
    desk.press("Enter")
    assert triples(decided(desk)) == [MACHINE[0], at("Zürich", "LOC"), *MACHINE[2:]]


def test_by_keys_alone(desk: Desk) -> None:
    """Select by characters and words, over an astral character and one that is joined of several."""
    desk.open()
    desk.press("Tab", "d", "Tab", "Tab", "Tab", "d")
    desk.press("Escape", *["ArrowUp"] * 4, "Home", *["Control+ArrowRight"] * 3, "ArrowRight")
    desk.press(*["Shift+ArrowRight"] * 4, "1")
    desk.press("Escape", "Control+ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+Control+ArrowRight", "2")
    start, end, _ = at("👩\u200d🔬 Labs", "ORG")
    desk.press("Alt+ArrowLeft", "Shift+Alt+ArrowRight", "Shift+Alt+ArrowLeft", "Alt+ArrowRight")
    desk.press("a")
    assert triples(decided(desk)) == [at("Jose\u0301", "PER"), (start, end, "ORG"), MACHINE[1], MACHINE[2]]


def test_relations_and_attributes_by_keys(desk: Desk) -> None:
    desk.open()
    desk.press("Tab", "r", "Tab", "Tab", "r")
    expect(desk.page.locator("[data-relations]")).to_contain_text("Which relation?")
    desk.press("1", "r", "Tab", "r", "f")
    desk.page.keyboard.type("no")
    desk.press("Enter", "a")
    value = decided(desk)
    ids = {one["label"] + str(one["start"]): one["id"] for one in value["spans"]}
    (relation, other) = value["relations"]
    bank = at("Bank of England", "ORG")[0]
    assert (relation["from"], relation["label"], relation["to"]) == (ids["PER0"], "works at", ids[f"ORG{bank}"])
    assert other["label"] == "near"
    assert [one["attributes"] for one in value["spans"]][3] == {"certain": "no"}


def test_a_relation_that_a_new_class_cannot_have_goes_and_comes_back(desk: Desk) -> None:
    desk.open()
    desk.press("Tab", "r", "Tab", "r", "1", "3")
    expect(desk.page.locator(".relation")).to_have_count(0)
    desk.press("Control+z", "Control+z")
    expect(desk.page.locator(".relation")).to_have_count(1)
    desk.press("Control+Shift+Z")
    expect(desk.page.locator(".element-row").nth(1)).to_contain_text("Place")


def test_by_mouse_alone(desk: Desk) -> None:
    desk.open()
    page = desk.page
    page.mouse.click(*place(page, "England"))
    page.get_by_role("button", name="Delete", exact=False).first.click()
    select(page, "Jose\u0301")
    page.locator(".class-button", has_text="Person").click()
    page.mouse.dblclick(*place(page, "London"))
    page.wait_for_timeout(50)
    page.locator(".class-button", has_text="Place").click()
    page.locator(".span-name", has_text="Organisation").first.click()
    expect(page.locator(".details-head")).to_contain_text("Zürich")
    grip = page.locator(".span-grip.start")
    box = grip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*place(page, "Labs"), steps=6)
    page.mouse.up()
    desk.click("Accept")
    assert triples(decided(desk)) == [
        MACHINE[0], at("Jose\u0301", "PER"), at("Labs in Zürich", "ORG"), MACHINE[2], at("London", "LOC"),
    ]  # fmt: skip


def test_a_class_for_new_spans_needs_one_drag_each(desk: Desk) -> None:
    desk.open()
    desk.press("3")
    select(desk.page, "London")
    select(desk.page, "Labs ")
    desk.press("a")
    assert triples(decided(desk)) == sorted(
        [*MACHINE, at("London", "LOC"), at("Labs", "LOC")], key=lambda one: (one[0], -one[1])
    )


def test_clicks_on_one_place_go_from_the_inner_span_to_the_outer(desk: Desk) -> None:
    desk.open()
    head = desk.page.locator(".details-head")
    for words in ("Place, England", "Organisation, Bank of England", "Place, England"):
        desk.page.mouse.click(*place(desk.page, "gland"))
        expect(head).to_contain_text(words)
    desk.page.mouse.click(*place(desk.page, "Nobody"))
    expect(desk.page.locator("[data-details]")).to_be_hidden()


def test_undo_and_redo_within_the_item(desk: Desk) -> None:
    desk.open()
    desk.press("Tab", "3", "d")
    expect(desk.page.locator(".element-row")).to_have_count(3)
    desk.press("Control+z", "Control+z")
    assert desk.page.evaluate(VALUE) is None
    desk.press("Control+Shift+Z")
    desk.press("a")
    assert triples(decided(desk)) == [at("Ada 🦊 Lovelace", "LOC"), *MACHINE[1:]]


def test_an_undone_decision_brings_the_edits_back(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("Tab", "d", "a", "z")
    assert desk.shown == first
    expect(desk.page.locator(".element-row")).to_have_count(3)
    desk.press("Control+z", "a")
    desk.saved()
    standing = Decision.objects.exclude(verdict="undo").order_by("-id").first()
    assert standing is not None
    assert triples(standing.value or {}) == MACHINE


def test_what_was_begun_is_there_after_a_reload(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("Tab", "d", "v")
    desk.page.reload()
    desk.page.locator("body.scripted").wait_for()
    assert desk.shown == first
    expect(desk.page.locator(".element-row")).to_have_count(3)
    desk.press("a")
    assert triples(decided(desk)) == MACHINE[1:]
    assert desk.page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':draft:')).length") == 0


def test_hidden_proposals_are_neither_seen_nor_taken(desk: Desk) -> None:
    desk.open()
    desk.press("t", "a")
    assert "Nothing is marked" in desk.hint()
    assert desk.page.evaluate(MARKS) == 0
    desk.press("n")
    assert decided(desk) == {"spans": [], "relations": []}


def test_that_nothing_is_there_is_not_said_over_what_is_shown(desk: Desk) -> None:
    desk.open()
    desk.press("n")
    assert "There are 4 spans" in desk.hint()
    assert not Decision.objects.exists()


def test_the_history_can_be_read_and_changed(desk: Desk) -> None:
    desk.open()
    first = desk.shown
    desk.press("Tab", "d", "a")
    desk.saved()
    desk.press("k")
    expect(desk.page.locator("#item-title")).to_have_text(first)
    desk.press("Tab", "d")
    expect(desk.page.locator(".element-row")).to_have_count(3)
    desk.press("e", "Tab", "d", "a")
    desk.saved()
    last = Decision.objects.exclude(verdict="undo").order_by("-id").first()
    assert last is not None
    assert triples(last.value or {}) == MACHINE[2:]


def test_spans_that_must_not_overlap_do_not(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(texts(2, value=None), classes=NAMES, task_kind="spans", task_settings={"overlapping": False})
    desk.open()
    select(desk.page, "Bank of England")
    desk.press("2")
    select(desk.page, "England")
    desk.press("3")
    assert "cannot overlap" in desk.hint()
    desk.press("a")
    assert triples(decided(desk)) == [MACHINE[2]]


def test_by_touch(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(
        base_url=desk.url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    touch = replace(desk, page=context.new_page())
    touch.open()
    page: Any = touch.page
    start, end, _ = at("London", "")
    # What the handles of a touch screen do to the selection.
    page.evaluate("([from, to]) => document.querySelector('[data-editor]').caret.set(from, to)", [start, end])
    page.locator(".class-button", has_text="Place").tap()
    expect(page.locator(".details-head")).to_contain_text("Place, London")
    page.locator(".element-row", has_text="Zürich").tap()
    page.locator(".class-button", has_text="Place").tap()
    touch.tap("Accept")
    assert triples(decided(touch)) == [MACHINE[0], at("Zürich", "LOC"), *MACHINE[2:], at("London", "LOC")]
    context.close()
