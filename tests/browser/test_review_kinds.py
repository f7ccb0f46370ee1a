"""Many classes, several labels, trees, images, and the page without scripts."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from datasets.making import NewClass
from datasets.models import Waiting
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.browser.pictures import ANIMALS, pictures
from tests.browsing import log_in

MANY = [NewClass(f"intent_{number}", title=f"Intent number {number}") for number in range(75)]
MANY += [NewClass("card_arrival", aliases=("where is my card",)), NewClass("Zürich_branch")]
TREE = [
    NewClass("product"),
    NewClass("phone", parent="product"),
    NewClass("screen", parent="phone"),
    NewClass("laptop", parent="product"),
    NewClass("service"),
]


def test_finding_one_of_77_classes(desk_of: type_of_desk_maker) -> None:
    desk = desk_of([unsure_of(number, labels=["intent_5"], alternatives=[]) for number in range(6)], classes=MANY)
    desk.open()
    seen = []
    for words, label in [("card arr", "card_arrival"), ("where is", "card_arrival"), ("zur", "Zürich_branch")]:
        seen.append((desk.shown, label))
        desk.page.keyboard.press("/")
        desk.page.keyboard.type(words)
        desk.press("Enter")
    seen.append((desk.shown, "intent_72"))
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("intent 7")
    desk.press("ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    desk.saved()
    assert desk.standing() == {title: [label] for title, label in seen}


def test_all_of_77_classes_stand_beside_the_item_and_searching_starts_with_the_likeliest(
    desk_of: type_of_desk_maker,
) -> None:
    said = unsure_of(1, labels=["intent_30"], alternatives=[("intent_30", 0.4), ("intent_60", 0.3)])
    desk = desk_of([said], classes=MANY)
    desk.open()
    options = desk.page.locator("#class-options [role=option]")
    expect(options).to_have_count(77)
    desk.press("/")
    desk.page.keyboard.type("int")
    assert options.first.inner_text().startswith("Intent number 30")
    assert options.nth(1).inner_text().startswith("Intent number 60")
    desk.page.keyboard.type("no such thing")
    expect(desk.page.locator("#class-list .finder-none")).to_be_visible()
    desk.press("Enter", "Escape")
    expect(options).to_have_count(77)
    assert desk.page.evaluate("document.activeElement.id") == "item"
    assert desk.standing() == {}


WORDS = [NewClass(f"{first}_{second}") for first in ("card", "cash", "top", "pin") for second in
         ("arrival", "blocked", "charge", "declined", "expired", "fee")]  # fmt: skip


def test_two_letters_and_a_digit_find_a_class_of_a_blind_item(desk_of: type_of_desk_maker) -> None:
    """The list stands there without a suggestion too, and what was found can be undone at once."""
    desk = desk_of([unsure_of(n, labels=["pin_fee"], alternatives=[]) for n in range(2)], classes=WORDS)
    Waiting.objects.update(blind=True)
    desk.open()
    first = desk.shown
    options = desk.page.locator("#class-options [role=option]")
    expect(options).to_have_count(24)
    assert desk.page.locator("#panel .choice").count() == 0
    desk.press("/", "p", "3")
    expect(desk.page.locator("#hint")).to_have_text(f"{first}: pin_charge. Z undoes it.")
    desk.press("z", "/")
    desk.page.keyboard.type("tode")
    expect(options.first).to_contain_text("top_declined")
    desk.press("Enter")
    second = desk.shown
    options.filter(has_text="cash_fee").click()
    desk.saved()
    assert desk.standing() == {first: ["top_declined"], second: ["cash_fee"]}


def test_in_a_long_list_free_digits_choose_the_likeliest(desk_of: type_of_desk_maker) -> None:
    said = unsure_of(1, labels=["intent_30"], alternatives=[("intent_30", 0.4), ("intent_60", 0.3)])
    desk = desk_of([said], classes=MANY)
    desk.open()
    title = desk.shown
    assert desk.page.locator("#panel .choice").count() == 2
    desk.press("2")
    desk.saved()
    assert desk.standing() == {title: ["intent_60"]}


def test_shift_and_digits_reach_nineteen_classes(desk_of: type_of_desk_maker) -> None:
    classes = [NewClass(f"class {number}") for number in range(1, 20)]
    desk = desk_of([unsure_of(n, labels=["class 1"], alternatives=[]) for n in range(4)], classes=classes)
    desk.open()
    titles = []
    for key in ("0", "Shift+Digit1", "Shift+Digit9"):
        titles.append(desk.shown)
        desk.press(key)
    desk.saved()
    assert desk.standing() == dict(zip(titles, [["class 10"], ["class 11"], ["class 19"]], strict=True))


def test_several_labels_toggle_and_enter_submits(desk_of: type_of_desk_maker) -> None:
    classes = [NewClass("card"), NewClass("transfer"), NewClass("refund")]
    desk = desk_of([unsure_of(number) for number in range(4)], classes=classes, task_settings={"multi_label": True})
    desk.open()
    first = desk.shown
    desk.press("1", "3", "2", "2", "Enter")
    second = desk.shown
    desk.press("1", "n", "a")
    third = desk.shown
    desk.press("Enter")
    assert "Nothing is selected" in desk.hint()
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("trans")
    desk.press("Enter", "Enter")
    desk.saved()
    assert desk.standing() == {first: ["card", "refund"], second: [], third: ["transfer"]}


def test_in_a_tree_the_path_is_shown_and_searched(desk_of: type_of_desk_maker) -> None:
    desk = desk_of([unsure_of(n, labels=["service"], alternatives=[]) for n in range(2)], classes=TREE)
    desk.open()
    first = desk.shown
    assert "product › phone" in desk.page.locator("#panel .choice").filter(has_text="screen").inner_text()
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("product phone scr")
    desk.press("Enter")
    desk.saved()
    assert desk.standing() == {first: ["screen"]}


def test_images_are_shown_decided_and_enlarged(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(pictures(4), classes=ANIMALS, item_kind="image")
    desk.open()
    first = desk.shown
    image = desk.page.locator("#item img")
    assert image.evaluate("(image) => image.complete && image.naturalWidth") == 300
    narrow = image.bounding_box()
    desk.press("+", "+")
    wide = image.bounding_box()
    assert narrow is not None
    assert wide is not None
    assert wide["width"] > narrow["width"] * 1.5
    desk.press("-", "-", "2")
    desk.saved()
    assert desk.standing() == {first: ["dog"]}


@pytest.fixture
def plain(browser: Browser, desk: Desk) -> Any:
    """The same reviewer with scripts switched off."""
    context = browser.new_context(base_url=desk.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, desk.url, desk.cast.client(desk.cast.reviewer).cookies[settings.SESSION_COOKIE_NAME].value)
    yield page
    context.close()


def test_the_page_works_without_scripts(desk: Desk, plain: Any) -> None:
    plain.goto(f"/datasets/{desk.dataset.slug}/review/")
    first = plain.locator("#item-title").inner_text()
    plain.get_by_label("refund", exact=False).first.check()
    plain.get_by_role("button", name="Accept").click()
    assert desk.standing() == {first: ["refund"]}
    second = plain.locator("#item-title").inner_text()
    assert second != first
    plain.get_by_role("button", name="Accept").click()
    expect(plain.locator(".notice.error")).to_contain_text("Exactly one class")
    plain.get_by_role("button", name="Undo last decision").click()
    expect(plain.locator("#item-title")).to_have_text(first)
    assert desk.standing() == {}
    plain.select_option("select[name=other_label]", "transfer")
    plain.get_by_role("button", name="Accept").click()
    assert desk.standing() == {first: ["transfer"]}
