"""Whether the machine was right is stored with the item, by whichever flow has both values at hand."""

import uuid

import pytest

from datasets.models import Item
from operating.verifying import item_differences
from review.deciding import decisions
from tests.filling import Said, fill
from tests.loops import claim_one, import_rows, label
from tests.people import Cast

GIVEN = ["card", "refund", "card"]
pytestmark = pytest.mark.django_db


def matched(item: Item) -> bool | None:
    item.refresh_from_db()
    return item.matched


@pytest.mark.parametrize(("given", "right"), [("card", True), ("refund", False)])
def test_a_decision_says_whether_the_machine_was_right(cast: Cast, given: str, right: bool) -> None:
    (item,) = fill(cast.dataset, [Said("text", ["card"], 0.4)])
    assert matched(item) is None
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), given)
    assert matched(item) is right
    assert list(item_differences(cast.dataset)) == []


def test_an_answer_that_is_taken_back_says_nothing_of_the_machine(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("text", ["card"], 0.4)])
    answer = label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    decisions.undo(
        dataset=cast.dataset,
        reviewer=cast.reviewer,
        undoes=answer.decision.request_id,
        request_id=uuid.uuid4(),
        claim_token=uuid.uuid4(),
    )
    assert matched(item) is None


def test_an_import_with_both_sides_says_it_of_every_row(cast: Cast) -> None:
    rows = [{"id": str(n), "text": f"text {n}", "guess": "card", "truth": truth} for n, truth in enumerate(GIVEN)]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", label="truth")
    found = dict(Item.objects.values_list("external_id", "matched"))
    assert found == {str(n): truth == "card" for n, truth in enumerate(GIVEN)}
    assert list(item_differences(cast.dataset)) == []


def test_verify_names_an_item_that_says_otherwise(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("text", ["card"], 0.4)])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "refund")
    Item.objects.filter(pk=item.pk).update(matched=True)
    (difference,) = item_differences(cast.dataset)
    assert difference.what == "matched is True, its labels give False"
