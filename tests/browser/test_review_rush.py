"""Accepting very fast for long: one item comes without the machine's proposal, and no dialog stops the work."""

import uuid

import pytest
from playwright.sync_api import expect

from review.deciding.decisions import decide
from review.models import Decision
from review.queue.claims import claim
from tests.browser.conftest import Desk, unsure_of
from tests.filling import fill

# As few as say something of somebody's pace.
PAST = 50
RUSH = 31


@pytest.fixture
def practised(desk: Desk) -> Desk:
    """A reviewer who has taken ten seconds for each label so far, in front of a long queue."""
    fill(desk.dataset, [unsure_of(number, external_id=f"past-{number}") for number in range(PAST)])
    for held in claim(dataset=desk.dataset, reviewer=desk.cast.reviewer, count=PAST):
        decide(
            dataset=desk.dataset,
            reviewer=desk.cast.reviewer,
            item_id=held.item.pk,
            claim_token=held.token,
            request_id=uuid.uuid4(),
            verdict="label",
            value={"labels": ["card"]},
            seconds=10,
        )
    fill(desk.dataset, [unsure_of(number, external_id=f"more-{number}") for number in range(60)])
    return desk


def test_a_rush_of_accepts_brings_a_blind_item(practised: Desk) -> None:
    desk = practised
    desk.open()
    for _ in range(RUSH):
        desk.press("a")
    why = desk.page.locator(".item-why")
    for _ in range(4):  # it comes as soon as the network allows
        if "No proposal" in why.inner_text():
            break
        desk.press("a")
    expect(why).to_have_text("Blind review: no suggestion is shown")
    blind = desk.shown
    desk.press("a")
    assert desk.shown == blind  # there is nothing to accept
    desk.press("1")
    desk.saved()
    decision = Decision.objects.get(item__external_id=blind, item__dataset=desk.dataset)
    assert (decision.shown, decision.sampled) == (False, False)


def test_correcting_as_fast_brings_none(practised: Desk) -> None:
    desk = practised
    desk.open()
    for _ in range(RUSH + 4):
        desk.press("3")
        assert "No proposal" not in desk.page.locator(".item-why").inner_text()
