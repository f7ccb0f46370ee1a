"""Thresholds by class in the browser: found by a filter, taken from a suggestion, and those sent alone that were
changed; on the policy page and in Django admin."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from playwright.sync_api import Page, Request, expect

from datasets.making import NewClass, add_classes
from datasets.models import LabelClass
from datasets.policies import current_policy
from measuring.metrics import classes
from tests.accessibility import overflow, violations
from tests.browsing import log_in
from tests.filling import Said, fill
from tests.people import Cast, make_cast
from tests.policies import change_policy

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PAGES = ["policy", "admin"]


@pytest.fixture
def cast(db: None) -> Cast:
    cast = make_cast()
    add_classes(dataset=cast.dataset, classes=[NewClass(f"intent {n}") for n in range(60)])
    change_policy(dataset=cast.dataset, actor=cast.admin, threshold=0.9, class_thresholds={"intent 7": 0.6})
    fill(cast.dataset, [Said(f"text {n}", ["card"], 0.8) for n in range(12)])
    return cast


@pytest.fixture
def page(browser_page: Page, live_server: Any, cast: Cast) -> Page:
    log_in(browser_page, live_server.url, cast.client(cast.admin).cookies[settings.SESSION_COOKIE_NAME].value)
    return browser_page


def opened(page: Page, cast: Cast, place: str) -> None:
    """With all scripts at work."""
    page.goto(
        "/datasets/letters/policy/" if place == "policy" else f"/admin/datasets/dataset/{cast.dataset.pk}/change/"
    )


@pytest.mark.parametrize("place", PAGES)
def test_one_of_many_is_found_changed_and_sent_alone(page: Page, cast: Cast, place: str) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    opened(page, cast, place)
    table = page.locator("[data-thresholds]")
    expect(table.locator("tbody tr:visible")).to_have_count(63)
    table.get_by_label("Filter classes").fill("CARD")
    expect(table.locator("tbody tr:visible")).to_have_count(1)
    expect(table.get_by_text("1 of 63 classes")).to_be_visible()
    table.get_by_label("card", exact=True).fill("0.7")
    expect(page.locator("#moves")).to_contain_text("auto-accepts 12 more items")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text("Policy version 3 applied")).to_be_visible()
    assert current_policy(cast.dataset).class_thresholds == {"intent 7": 0.6, "card": 0.7}
    card = LabelClass.objects.get(name="card", dataset=cast.dataset)
    fields = parse_qs(sent[-1].post_data or "")
    assert [name for name in fields if name.startswith("class-")] == [f"class-{card.pk}"]


@pytest.mark.parametrize("place", PAGES)
def test_the_slider_is_the_number(page: Page, cast: Cast, place: str) -> None:
    opened(page, cast, place)
    slider = page.get_by_label("Threshold slider")
    expect(slider).to_have_value("0.9")
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#id_threshold")).to_have_value("0.78")
    expect(page.locator("#moves")).to_contain_text("auto-accepts 12 more items")


@pytest.mark.parametrize("place", PAGES)
def test_a_suggestion_is_taken_by_a_click(page: Page, cast: Cast, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "_suggested", lambda dataset, strata: {"card": 0.75})
    opened(page, cast, place)
    page.get_by_role("button", name="Use 0.75 for card").click()
    expect(page.get_by_label("card", exact=True)).to_have_value("0.75")
    expect(page.locator("#moves")).to_contain_text("auto-accepts 12 more items")


@pytest.mark.parametrize("width", [1_280, 390])
@pytest.mark.parametrize("place", PAGES)
def test_everything_can_be_reached(page: Page, cast: Cast, place: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, cast, place)
    apply = page.get_by_role("button", name="Apply", exact=True)
    expect(apply).to_be_in_viewport()
    assert overflow(page) <= 0
    # Django's own pages are not ours to mend: what we put into them is.
    found = violations(page)
    assert [one for one in found if place == "policy" or "thresholds" in one or "moves" in one] == []
