"""What editors are given: everything of the machine where it is shown, nothing of it where it is not."""

import pytest
from django.http import QueryDict

from accounts.models import Role
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership
from ground.errors import InvalidInput
from review.queue.claims import claim
from review.views.cards import CardMaker
from tests.browser.elements import NAMES, TEXT, spans_of, texts
from tests.filling import fill
from tests.people import Cast


@pytest.fixture
def names(cast: Cast) -> Dataset:
    """A dataset of spans."""
    dataset = create_dataset(
        name="Names", slug="names", item_kind="text", task_kind="spans", creator=cast.admin, classes=NAMES
    )
    Membership.objects.create(dataset=dataset, user=cast.reviewer, role=Role.REVIEWER)
    return dataset


def test_elements_come_with_their_probabilities_and_none_is_chosen(cast: Cast, names: Dataset) -> None:
    fill(names, texts(1, confidence=0.99, parts=[0.97, 0.41, 0.93, None]))
    (card,) = CardMaker(names).from_claims(claim(dataset=names, reviewer=cast.reviewer))
    data = card.data
    assert data["value"] is None
    assert data["proposal"] == spans_of(TEXT)
    assert data["parts"] == [0.97, 0.41, 0.93, None]
    ids = [one["id"] for one in spans_of(TEXT)["spans"]]
    assert set(data["low"]) >= {ids[1], ids[3]}
    assert data["extent"] == {"length": len(TEXT)}
    assert card.proposal.startswith("2 Organisation")
    assert card.why.startswith("Low confidence: ")


def test_a_blind_card_has_nothing_of_the_machine(cast: Cast, names: Dataset) -> None:
    fill(names, texts(1))
    (card,) = CardMaker(names).from_claims(claim(dataset=names, reviewer=cast.reviewer, blind=True))
    assert (card.data["proposal"], card.data["parts"], card.data["low"], card.proposal) == (None, None, [], "")
    assert "Organisation" not in str(card)


def test_the_task_is_told_once_with_classes_and_settings(names: Dataset) -> None:
    task = CardMaker(names).presenter.task()
    assert (task["kind"], task["item_kind"]) == ("spans", "text")
    assert [one["title"] for one in task["classes"]] == ["Person", "Organisation", "Place"]
    assert task["settings"]["overlapping"] is True


def test_a_form_gives_classes_and_no_other_kind_of_label(cast: Cast, names: Dataset) -> None:
    form = QueryDict("labels=card&labels=&other_label=refund&several=1&labels=card")
    assert CardMaker(cast.dataset).presenter.value_from(form) == {"labels": ["card", "refund"]}
    alone = QueryDict("labels=card&other_label=refund")
    assert CardMaker(cast.dataset).presenter.value_from(alone) == {"labels": ["refund"]}
    with pytest.raises(InvalidInput, match="JavaScript"):
        CardMaker(names).presenter.value_from(form)


def test_classes_that_are_long_have_the_same_data(cast: Cast) -> None:
    dataset = create_dataset(
        name="Many", slug="many", item_kind="text", creator=cast.admin, classes=[NewClass(f"c{n}") for n in range(40)]
    )
    assert len(CardMaker(dataset).presenter.task()["classes"]) == 40
