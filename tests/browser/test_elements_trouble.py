"""Labels of many elements on a bad day: large answers, refused ones, lost networks. Nothing that was drawn is lost."""

from playwright.sync_api import Route, expect

from datasets.models import Waiting
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, images, texts, triples
from tests.browsing import Console
from tests.photographs import region

VALUE = "document.querySelector('[data-editor]').value"


def test_a_large_answer_is_saved_before_the_next_item_comes(desk_of: type_of_desk_maker) -> None:
    places = [[n % 80 * 4.123, n // 80 * 6.321, 3.456, 5.678] for n in range(3_000)]
    value = {"regions": [region(f"region-number-{n}", "RBC", box=box) for n, box in enumerate(places)]}
    said = [*images(1, value=value, parts=[0.1] * 3_000), *images(2)[1:]]
    desk = desk_of(said, classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    first = desk.shown
    held: list[Route] = []
    desk.page.route("**/decisions/", lambda route: held.append(route))
    desk.press("a")
    expect(desk.page.locator("#hint")).to_contain_text("large answer")
    desk.page.keyboard.press("x")
    assert desk.shown == first
    assert desk.page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':outbox:')).length") == 0
    held[0].continue_()
    expect(desk.page.locator("#item-title")).not_to_have_text(first)
    desk.saved()
    (stored,) = desk.standing_values()
    assert len(stored["regions"]) == 3_000


def test_a_refused_answer_is_looked_at_again_as_it_was_drawn(
    desk_of: type_of_desk_maker, browser_console: Console
) -> None:
    browser_console.allow("409")
    desk = desk_of(texts(3), classes=NAMES, task_kind="spans")
    desk.open()
    first = desk.shown
    mine = Waiting.objects.filter(claimed_by=desk.cast.reviewer)
    taken = list(mine.filter(item__external_id=first).values_list("pk", flat=True))
    Waiting.objects.filter(pk__in=taken).update(claimed_by=desk.cast.manager)
    desk.press("Tab", "d", "Tab", "3", "a")
    expect(desk.page.locator("#lost-chip")).to_have_text("1 not saved")
    Waiting.objects.filter(pk__in=taken).update(claimed_by=None, token=None, claimed_until=None)
    desk.page.locator("#lost-chip").click()
    desk.page.get_by_role("button", name="Review again").click()
    expect(desk.page.locator("#item-title")).to_have_text(first)
    expect(desk.page.locator(".element-row")).to_have_count(3)
    desk.press("a")
    desk.saved()
    (stored,) = desk.standing_values()
    assert [label for _, _, label in triples(stored)] == ["LOC", "ORG", "LOC"]


def test_answers_made_offline_are_sent_later(desk_of: type_of_desk_maker, browser_console: Console) -> None:
    browser_console.allow("ERR_INTERNET_DISCONNECTED")
    desk: Desk = desk_of(images(3), classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    desk.page.wait_for_load_state("networkidle")
    desk.page.context.set_offline(True)
    desk.press("Tab", "d", "a", "Tab", "2", "a")
    expect(desk.page.locator("#saved-chip")).to_have_text("Offline, 2 unsaved")
    desk.page.context.set_offline(False)
    desk.saved()
    assert [[one["label"] for one in value["regions"]] for value in desk.standing_values()] == [
        ["WBC", "Plate"], ["WBC", "WBC", "Plate"],
    ]  # fmt: skip
