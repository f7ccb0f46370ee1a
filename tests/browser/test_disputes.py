"""People disagree: the answers stand side by side, and are merged element by element."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import expect

from datasets.models import Item, Lane
from review.models import Decision, Origin
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, TEXT, images, span, texts, triples
from tests.loops import claim_one, label
from tests.photographs import region

# fmt: off
ONE = {
    "spans": [span(TEXT, "Ada 🦊 Lovelace", "PER"), span(TEXT, "Zürich", "ORG"), span(TEXT, "Bank of England", "ORG")],
    "relations": [],
}
OTHER = {
    "spans": [span(TEXT, "Ada 🦊 Lovelace", "PER"), span(TEXT, "Zürich", "LOC"), span(TEXT, "England", "LOC"),
              span(TEXT, "London", "LOC")],
    "relations": [],
}
# fmt: on


def disputed(desk: Desk, values: Sequence[dict[str, Any]]) -> None:
    """Two people have answered the first item, and a manager looks at it."""
    for person, value in zip((desk.cast.reviewer, desk.cast.admin), values, strict=True):
        label(desk.dataset, person, claim_one(desk.dataset, person), value=value)
    assert Item.objects.filter(status="disputed").count() == 1
    desk.open(f"?lane={Lane.DISAGREEMENT}", user=desk.cast.manager)


def merged(desk: Desk) -> dict[str, Any]:
    """The value of the decision that settled it."""
    desk.saved()
    value = Decision.objects.get(origin=Origin.ADJUDICATION).value
    assert value is not None
    return dict(value)


def test_spans_are_merged_by_keys(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(texts(1, value=None), classes=NAMES, task_kind="spans", reviews=2)
    disputed(desk, [ONE, OTHER])
    rows = desk.page.locator(".merge-row")
    expect(rows).to_have_count(3)
    desk.press("a")
    assert "3 differences are open" in desk.hint()
    desk.press("y", "l")
    assert "1 difference is open" not in desk.hint()
    desk.press("a")
    assert "1 difference is open" in desk.hint()
    desk.press("y")
    assert "resolved" in desk.hint()
    desk.press("a")
    expected = [ONE["spans"][0], OTHER["spans"][1], ONE["spans"][2], OTHER["spans"][3]]
    assert triples(merged(desk)) == [(one["start"], one["end"], one["label"]) for one in expected]


def test_spans_are_merged_by_mouse_and_edited_besides(desk_of: type_of_desk_maker) -> None:
    desk = desk_of(texts(1, value=None), classes=NAMES, task_kind="spans", reviews=2)
    disputed(desk, [ONE, OTHER])
    rows = desk.page.locator(".merge-row")
    for index, side in ((0, 1), (1, 0), (2, 0)):
        rows.nth(index).locator("button").nth(side).click()
    desk.press("Control+z")
    rows.nth(2).locator("button").nth(1).click()
    rows.nth(0).locator("button").nth(0).click()
    desk.page.locator(".element-row").first.click()
    desk.press("3", "a")
    value = merged(desk)
    assert [one["label"] for one in value["spans"]] == ["LOC", "ORG", "ORG", "LOC"]


def test_regions_that_lie_on_one_another_are_one_row(desk_of: type_of_desk_maker) -> None:
    left, right = [10.0, 10.0, 50.0, 50.0], [102.0, 104.0, 60.0, 60.0]
    one = {"regions": [region("x", "RBC", box=left), region("y", "WBC", box=[100.0, 100.0, 60.0, 60.0])]}
    other = {"regions": [region("p", "RBC", box=[11.0, 10.0, 50.0, 50.0]), region("q", "RBC", box=right)]}
    desk = desk_of(images(1, value=None, parts=None), classes=CELLS, item_kind="image", task_kind="regions", reviews=2)
    disputed(desk, [one, other])
    expect(desk.page.locator(".merge-row")).to_have_count(1)
    desk.press("y", "a")
    value = merged(desk)
    assert [(found["label"], found["box"]) for found in value["regions"]] == [
        ("RBC", left),
        ("RBC", right),
    ]
