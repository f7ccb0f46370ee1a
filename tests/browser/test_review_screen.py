"""The review screen for eight hours: near, readable and within reach at every size, by key and by ear."""

from dataclasses import replace
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from datasets.making import NewClass
from datasets.models import Dataset, Item, Waiting
from tests.accessibility import overflow, violations
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.browser.pictures import ANIMALS, pictures
from tests.filling import Said, fill
from tests.people import Cast

Scheme = Literal["light", "dark"]
SIZES = [(1920, 1080), (1280, 720), (720, 450), (844, 390), (360, 740)]
# Names as long as those of banking questions, which have to break somewhere.
LONG = [NewClass(f"balance_not_updated_after_{first}_{second}") for first in ("bank", "card", "cash", "cheque", "wrong")
        for second in ("transfer", "deposit", "payment", "withdrawal", "refund")]  # fmt: skip
BANK = LONG[0].name
# Controls that do not lie wholly within the window, or that something else covers.
OUT_OF_REACH = """() => [...document.querySelectorAll(
    ".ways a, .lanes summary, .saved-chip, .bar button, .grid-title")]
  .filter((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width) return !one.closest(".needs-script, [hidden]");
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    if (box.left < 0 || box.right > innerWidth + 1 || box.top < 0 || box.bottom > innerHeight + 1) return true;
    const top = document.elementFromPoint(x, y);
    return !(one.contains(top) || top?.contains(one));
  }).map((one) => one.textContent.trim() || one.id)"""
TALLER = "() => document.documentElement.scrollHeight - innerHeight"


@pytest.fixture
def long_names(desk_of: type_of_desk_maker) -> Desk:
    """Twenty-five classes with long names; one text is long, and the first is open with two classes that may be."""
    said = [
        unsure_of(n, labels=[BANK], alternatives=[(BANK, 0.45), (LONG[7].name, 0.3)], confidence=0.3) for n in range(6)
    ]
    return desk_of(said, classes=LONG)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_every_size_all_is_readable_and_within_reach(long_names: Desk, scheme: Scheme) -> None:
    desk = long_names
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for path in ("", f"grid/?label={BANK}"):
            desk.open(path)
            at = f"{path} at {width}x{height}"
            page.locator("#item, .cell").first.wait_for()
            assert overflow(page) <= 0, at
            assert page.evaluate(TALLER) <= 0, at
            assert page.evaluate(OUT_OF_REACH) == [], at
            if not path:
                desk.press("/")
                expect(page.locator("#class-search")).to_be_in_viewport(ratio=1)
                desk.press("Escape")
            assert violations(page) == [], at
            # The item keeps a third of the height, or what a few lines take.
            body = page.locator(".item-body, #cells").first.bounding_box()
            assert body is not None
            assert body["height"] >= min(160, height * 0.3), at


def test_images_stay_large_in_low_and_in_narrow_windows(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(pictures(1), classes=ANIMALS, item_kind="image")
    for width, height, least in [(720, 450, 150), (844, 390, 150), (360, 740, 120)]:
        desk.page.set_viewport_size({"width": width, "height": height})
        desk.open()
        box = desk.page.locator("#item img").bounding_box()
        assert box is not None
        assert min(box["width"], box["height"] * 1.5) >= least, (width, height)


def test_on_a_wide_screen_the_choices_stand_near_the_text_and_the_guidelines_beside_them(long_names: Desk) -> None:
    desk = long_names
    Dataset.objects.filter(pk=desk.dataset.pk).update(guidelines="# Rules\n\nChoose **one**.")
    desk.page.set_viewport_size({"width": 1920, "height": 1080})
    desk.open()
    text, choice = desk.page.locator(".item-text").bounding_box(), desk.page.locator(".choice").first.bounding_box()
    assert text is not None
    assert choice is not None
    assert choice["x"] - text["x"] < 850
    # What is proposed is marked by a sign and a word, not by weight or colour.
    proposed = desk.page.locator(".choice.proposed")
    expect(proposed).to_have_count(1)
    expect(proposed.locator(".choice-machine svg")).to_be_visible()
    expect(proposed).to_contain_text("Suggestion")
    expect(proposed.locator(".choice-probability")).to_have_text("30%")
    assert "(30%, low)" in desk.page.locator(".proposal").inner_text()
    # Long names break after an underscore.
    assert desk.page.locator("#class-options li").first.locator("wbr").count() == 5
    assert proposed.locator("wbr").count() == 5
    expect(desk.page.locator("#guide strong")).to_have_text("one")
    title = desk.shown
    desk.press("1")
    desk.saved()
    assert desk.standing() == {title: [BANK]}
    details = desk.page.locator("#guide details").first
    details.locator("summary").click()
    expect(details.locator("blockquote")).to_have_count(1)
    desk.press("g")
    assert desk.page.evaluate("document.activeElement.id") == "guide"
    desk.press("Escape")
    assert desk.page.evaluate("document.activeElement.id") == "item"
    # Where there is no room the same guidelines come in a dialog.
    desk.page.set_viewport_size({"width": 1280, "height": 720})
    desk.press("g")
    expect(desk.page.locator("#guidelines strong")).to_be_visible()


def test_keys_scroll_a_long_text_at_once(desk_of: type_of_desk_maker) -> None:
    text = "\n".join(f"line {number}" for number in range(400))
    said = [Said(text + str(n), labels=["cat"], confidence=0.3, alternatives=[("cat", 0.3)]) for n in range(3)]
    desk = desk_of(said, classes=ANIMALS)
    desk.open()

    def top() -> float:
        """How far the text is scrolled."""
        return float(desk.page.locator(".item-body").evaluate("(body) => body.scrollTop"))

    seen = [top()]
    for key in ("PageDown", "Space", "ArrowDown", "End"):
        desk.press(key)
        assert top() > seen[-1], key
        seen.append(top())
    for key in ("ArrowUp", "PageUp", "Home"):
        desk.press(key)
        assert top() < seen[-1], key
        seen.append(top())
    # On the next item too, and nothing was decided by it.
    desk.press("s", "PageDown")
    assert top() > 0
    desk.saved()
    assert list(desk.standing().values()) == ["skip"]


def test_a_reload_shows_the_same_item(desk: Desk) -> None:
    desk.open()
    desk.press("1", "s")
    shown = desk.shown
    desk.saved()
    desk.page.wait_for_url("**/review/?item=*")
    desk.page.wait_for_timeout(500)
    for _ in range(2):
        desk.page.reload()
        desk.page.locator("body.scripted").wait_for()
        assert desk.shown == shown


def test_what_was_said_of_the_history_goes_with_it(desk: Desk) -> None:
    desk.open()
    desk.press("1")
    desk.saved()
    desk.press("k", "1")
    assert "past decision" in desk.hint()
    desk.press("e")
    assert desk.hint() == ""


def test_roles_and_regions_tell_what_eyes_see(long_names: Desk) -> None:
    desk = long_names
    desk.open()
    page = desk.page
    assert page.get_by_role("article", name=desk.shown).count() == 1
    polite, loud = page.locator("#live-polite"), page.locator("#live-assertive")
    expect(polite).to_contain_text(f"{desk.shown}. Suggestion: {BANK} (30%, low)")
    radio = page.get_by_role("radio", name=f"{BANK} Suggestion 30%")
    expect(radio).to_have_attribute("aria-keyshortcuts", "1")
    box = page.get_by_role("combobox", name="Search classes")
    expect(box).to_have_attribute("aria-keyshortcuts", "/")
    expect(page.get_by_role("listbox", name="All classes").get_by_role("option")).to_have_count(25)
    desk.press("/")
    page.keyboard.type("cheq")
    expect(box).to_be_focused()
    active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-selected", "true")
    expect(active).to_contain_text("cheque")
    first = desk.shown
    desk.press("Enter")
    # What was found is said, and what comes next.
    expect(loud).to_contain_text(f"{first}: balance_not_updated_after_cheque")
    expect(polite).to_contain_text(desk.shown)
    for name in ("Accept", "Discard", "Flag", "Skip", "Undo"):
        assert page.get_by_role("button", name=name).get_attribute("aria-keyshortcuts")


def test_without_colours_classes_and_marks_differ(long_names: Desk, browser: Browser) -> None:
    """Shapes change after eight classes; what is marked in the grid says so in words."""
    desk = long_names
    shapes = desk.page
    desk.open()
    first, ninth = (
        shapes.locator("#class-options li").nth(index).locator(".swatch > *").evaluate("(one) => one.tagName")
        for index in (0, 8)
    )
    assert first != ninth
    desk.open(f"grid/?label={BANK}")
    # The page that was open before gives its claims back a moment later.
    expect(desk.page.locator(".cell")).to_have_count(6)
    desk.press("Space", "ArrowRight", "1")
    marks = desk.page.locator(".cell .cell-mark")
    expect(marks.nth(0)).to_have_text("Wrong")
    expect(marks.nth(1)).to_have_text(LONG[7].name)
    expect(desk.page.locator("#digits li")).to_have_count(1)
    expect(desk.page.locator("#digits li")).to_contain_text(LONG[7].name)


def test_on_a_telephone_a_tap_decides_and_the_other_screens_are_there(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(base_url=desk.url, viewport={"width": 360, "height": 640}, has_touch=True)
    touch = replace(desk, page=context.new_page())
    touch.open()
    first = touch.shown
    touch.page.locator(".choice", has_text="transfer").tap()
    expect(touch.page.locator("#item-title")).not_to_have_text(first)
    touch.saved()
    touch.page.locator(".lanes summary").tap()
    menu = touch.page.locator(".lanes .menu")
    expect(menu).to_contain_text("Low confidence")
    box = menu.bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= 360) == (True, True)
    touch.page.get_by_role("link", name="List").tap()
    touch.page.wait_for_url("**/review/grid/")
    context.close()
    assert desk.standing() == {first: ["transfer"]}


def test_queues_are_called_what_they_are(cast: Cast) -> None:
    fill(cast.dataset, [unsure_of(n) for n in range(3)])
    Waiting.objects.filter(item=Item.objects.order_by("id")[1]).update(lane="manual")

    def page(address: str) -> str:
        """The review screen."""
        return str(cast.client(cast.reviewer).get(f"/datasets/{cast.dataset.slug}/review/{address}").content.decode())

    assert "Sent manually" in page("?lane=manual")
    assert "Low confidence" in page("?lane=uncertain")
    words: Any = ("Uncertain", "Unsure", "doubtful", "Under the threshold")
    assert [word for word in words if word in page("")] == []
