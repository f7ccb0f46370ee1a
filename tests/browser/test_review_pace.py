"""What the head of the review page says: one rule for pace and for what is left, and the right count at the end."""

import json
import time

from playwright.sync_api import Route, expect

from review.models import Decision
from tests.browser.conftest import Desk, unsure_of
from tests.filling import fill


def test_what_is_left_takes_as_long_as_the_pace_that_is_shown_says(desk: Desk) -> None:
    """Most labels took two seconds, a few three minutes: the usual one would promise a third of the time."""
    fill(desk.dataset, [unsure_of(number, external_id=f"more-{number}") for number in range(188)])
    seconds = [2] * 40 + [32] * 10
    key = f"countersign:pace:{desk.dataset.slug}"
    desk.page.add_init_script(f"sessionStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(seconds))})")
    desk.open()
    # 8 seconds an item on average, 200 items: 1,600 seconds.
    expect(desk.page.locator("[data-figure=hourly]")).to_have_text("450/h")
    expect(desk.page.locator("[data-figure=eta]")).to_have_text("about 27 min")


def test_at_the_end_of_the_queue_the_head_says_that_nothing_waits(desk: Desk) -> None:
    """Decisions are still on their way while the page asks for more: the counts it gets are of before them."""

    def late(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    desk.page.route("**/review/decisions/", late)
    desk.open()
    for _ in range(12):
        desk.press("1")
    desk.saved()
    assert Decision.objects.count() == 12
    expect(desk.page.locator("[data-figure=waiting]")).to_have_text("0")
    expect(desk.page.locator("[data-figure=eta]")).to_have_text("")
    expect(desk.page.locator("[data-figure=mine]")).to_have_text("12")
