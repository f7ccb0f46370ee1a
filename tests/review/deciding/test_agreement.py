"""What several people's answers come to, and where they put the item: each rule by an example."""

from typing import Any

import pytest

from review.deciding.agreement import Answer, Place, Settlement, place, settle


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left == right


def says(name: str, slot: int = 0, lane: str = "uncertain") -> Answer:
    return Answer("label", {"labels": [name]}, slot=slot, lane=lane)


def senior(name: str) -> Answer:
    return Answer("label", {"labels": [name]}, adjudicated=True, slot=9, lane="disagreement")


REJECT = Answer("reject", None)
UNSURE = Answer("unsure", None)
SENIOR_REJECTS = Answer("reject", None, adjudicated=True)
SENIOR_IS_UNSURE = Answer("unsure", None, adjudicated=True)


@pytest.mark.parametrize(
    ("answers", "needed", "found"),
    [
        ([], 1, Settlement("open")),
        ([says("a")], 1, Settlement("reviewed", 0)),
        ([says("a")], 2, Settlement("open")),
        ([says("a"), says("a")], 2, Settlement("reviewed", 1)),
        ([says("a"), says("b")], 2, Settlement("disputed")),
        ([says("a"), says("b")], 3, Settlement("open")),
        ([says("a"), says("a"), says("b")], 3, Settlement("disputed")),
        ([says("b"), says("a"), says("a")], 3, Settlement("disputed")),
        ([says("a"), says("a"), says("a")], 2, Settlement("reviewed", 2)),
        ([UNSURE], 1, Settlement("unsure")),
        ([UNSURE, says("a")], 1, Settlement("reviewed", 1)),
        ([says("a"), UNSURE], 2, Settlement("unsure")),
        ([REJECT], 2, Settlement("excluded", 0)),
        ([says("a"), REJECT, says("b")], 2, Settlement("excluded", 1)),
        ([says("a"), says("b"), senior("c")], 2, Settlement("reviewed", 2)),
        ([says("a"), says("b"), senior("c"), senior("a")], 2, Settlement("reviewed", 3)),
        ([says("a"), says("b"), SENIOR_REJECTS], 2, Settlement("excluded", 2)),
        ([says("a"), says("b"), senior("c"), SENIOR_IS_UNSURE], 2, Settlement("reviewed", 2)),
        ([says("a"), says("b"), SENIOR_IS_UNSURE], 2, Settlement("disputed")),
        ([senior("c"), REJECT], 2, Settlement("reviewed", 0)),
    ],
)
def test_what_answers_come_to(answers: list[Answer], needed: int, found: Settlement) -> None:
    assert settle(answers, reviews_needed=needed, same=same) == found


@pytest.mark.parametrize(
    ("answers", "needed", "found"),
    [
        ([says("a")], 1, Place("reviewed", "", (), 0)),
        ([REJECT], 1, Place("excluded", "", (), 0)),
        ([], 2, Place("waiting", "audit", (0, 1))),
        ([says("a", 0)], 2, Place("waiting", "uncertain", (1,))),
        ([says("a", 1)], 2, Place("waiting", "uncertain", (0,))),
        ([says("a", 1)], 3, Place("waiting", "uncertain", (0, 2))),
        # Two labels of one number count as two.
        ([says("a", 1), says("a", 1)], 3, Place("waiting", "uncertain", (0,))),
        # A label of a time with more reviews.
        ([says("a", 4)], 2, Place("waiting", "uncertain", (0,))),
        ([says("a", lane="failed"), UNSURE], 2, Place("waiting", "unsure", (1,))),
        ([says("a", lane="audit"), says("a", 1, lane="unsure")], 3, Place("waiting", "audit", (2,))),
        # What was asked by people, or after somebody was unsure, is in no machine's lane.
        ([says("a", lane="unsure")], 2, Place("waiting", "manual", (1,))),
        ([says("a"), says("b", 1)], 2, Place("disputed", "disagreement", (2,))),
        ([says("a"), says("b", 4)], 2, Place("disputed", "disagreement", (5,))),
        ([says("a"), says("b")], 2, Place("disputed", "disagreement", (2,))),
    ],
)
def test_where_answers_put_an_item(answers: list[Answer], needed: int, found: Place) -> None:
    assert place(answers, reviews_needed=needed, lane="audit", requested=False, same=same) == found


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([], Place("waiting", "manual", (0, 1))),
        ([says("a", lane="failed")], Place("waiting", "manual", (1,))),
        ([UNSURE], Place("waiting", "unsure", (0, 1))),
    ],
)
def test_what_people_asked_for_waits_in_their_lane(answers: list[Answer], found: Place) -> None:
    assert place(answers, reviews_needed=2, lane="audit", requested=True, same=same) == found
    assert place([], reviews_needed=1, lane="disagreement", requested=False, same=same).lane == "manual"
