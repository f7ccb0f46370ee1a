"""What pages show fits where it stands: nothing is cut off, laid over its card or out of reach."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from datasets.making import NewClass, create_dataset
from labeling.models import Labeler
from review.queue.claims import claim
from tests.browser.conftest import Desk, type_of_desk_maker, unsure_of
from tests.browsing import log_in
from tests.filling import Said, fill
from tests.loops import label
from tests.people import Cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Tables that are wider than their place, and what stands out of a card or a button.
CUT = """() => [
  ...[...document.querySelectorAll(".table-wrap")].filter((one) => one.scrollWidth > one.clientWidth),
  ...[...document.querySelectorAll(".card *, .notice *")].filter((one) => {
    const card = one.closest(".card, .notice"), wrap = one.closest(".table-wrap, pre, [tabindex]");
    return !wrap && one.getBoundingClientRect().right > card.getBoundingClientRect().right + 1;
  }),
  ...[...document.querySelectorAll(".button")].filter(
    (one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1),
].map((one) => `${one.tagName} ${one.id} ${one.textContent.trim().slice(0, 60)}`)"""
TALLER = "() => document.documentElement.scrollHeight - innerHeight"


@pytest.fixture
def signed_in(browser_page: Page, live_server: Any, cast: Cast) -> Page:
    """The page of the site's admin."""
    log_in(browser_page, live_server.url, cast.client(cast.admin).cookies[settings.SESSION_COOKIE_NAME].value)
    return browser_page


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_a_new_token_and_the_table_of_tokens(signed_in: Page, width: int, height: int) -> None:
    signed_in.set_viewport_size({"width": width, "height": height})
    signed_in.goto("/profile/")
    signed_in.locator("#tokens").get_by_label("Name").fill("the script that imports every night")
    signed_in.get_by_role("button", name="Create token").click()
    expect(signed_in.locator("#fresh-token")).to_be_visible()
    found = signed_in.evaluate(CUT)
    # On a phone a table is scrolled by itself.
    assert [one for one in found if width > 1000 or not one.startswith("DIV")] == []


def test_models_of_a_labeler(signed_in: Page, cast: Cast) -> None:
    labeler = Labeler.objects.create(dataset=cast.dataset, name="classifier", kind="classifier", created_by=cast.admin)
    figures = {"accuracy": 0.91234, "macro_f1": 0.8123, "ece": 0.0123, "held_out": 1_200}
    for number in range(1, 4):
        labeler.model_versions.create(number=number, trained_on=12_345, sha256="0123456789abcdef" * 4, metrics=figures)
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    signed_in.goto(f"/datasets/letters/labelers/{labeler.pk}/")
    expect(signed_in.get_by_text("v3").first).to_be_visible()
    assert signed_in.evaluate(CUT) == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
def test_signing_in_needs_no_scrolling(browser_page: Page, cast: Cast, width: int, height: int) -> None:
    browser_page.set_viewport_size({"width": width, "height": height})
    browser_page.goto("/sign-in/")
    assert browser_page.evaluate(TALLER) <= 0


def test_review_can_be_reached_from_the_list_of_datasets_on_a_phone(signed_in: Page, cast: Cast) -> None:
    fill(cast.dataset, [unsure_of(n) for n in range(3)])
    signed_in.set_viewport_size({"width": 360, "height": 740})
    signed_in.goto("/")
    box = signed_in.get_by_role("link", name="Review", exact=True).bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= 360) == (True, True)


@pytest.mark.parametrize("height", [450, 740])
def test_a_list_of_texts_accepts_only_what_was_on_the_screen(desk_of: type_of_desk_maker, height: int) -> None:
    classes = [NewClass("card"), NewClass("refund")]
    said = [Said(f"a text about a card, number {n}", ["card"], 0.4, external_id=f"t{n}") for n in range(19)]
    desk: Desk = desk_of(said, classes=classes)
    desk.page.set_viewport_size({"width": 360 if height > 500 else 720, "height": height})
    desk.open("grid/?label=card")
    expect(desk.page.locator(".cell")).to_have_count(12)
    button = desk.page.locator("#accept-button")
    assert button.evaluate("(one) => one.scrollWidth - one.clientWidth") <= 1
    seen = desk.page.locator(".cell").evaluate_all(
        "(cells) => cells.filter((cell) => cell.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert seen < 12
    desk.press("a")
    expect(desk.page.locator("#hint")).to_contain_text("more below")
    desk.saved()
    assert desk.standing() == {}


def test_many_classes_leave_what_stands_below_them_in_reach(signed_in: Page, cast: Cast) -> None:
    many = create_dataset(
        name="Many",
        slug="many",
        item_kind="text",
        creator=cast.admin,
        classes=[NewClass(f"class {n}") for n in range(77)],
    )
    fill(many, [Said(f"text {n}", [f"class {n % 3}"], 0.4, external_id=f"m{n}") for n in range(30)])
    for one in claim(dataset=many, reviewer=cast.admin, count=20):
        label(many, cast.admin, one, "class 1")
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    signed_in.goto("/datasets/many/accuracy/?view=reviewed")
    top = signed_in.get_by_role("heading", name="Calibration").first.bounding_box()
    assert top is not None
    assert top["y"] < 2_000
