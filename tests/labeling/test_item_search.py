"""Finding items by words: the same answer whether few or many have them."""

import pytest
from django.urls import reverse

from labeling.models import Item
from labeling.querysets import items as querysets
from tests.filling import Said, fill
from tests.people import Cast

TEXTS = ["lost my card", "card fee", "refund please", "where is my card now"]


@pytest.fixture(params=[0, 2_000], ids=["many", "few"])
def searched(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A dataset whose words pass for frequent ones, or for rare ones."""
    monkeypatch.setattr(querysets, "MANY", request.param)
    fill(cast.dataset, [Said(text, external_id=f"q-{number}") for number, text in enumerate(TEXTS)])
    return cast


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("card", {0, 1, 3}),
        ("my card", {0, 3}),
        ("CARD -fee", {0, 3}),
        ("q-2", {2}),
        ("nothing here", set()),
        ("  ", {0, 1, 2, 3}),
        ("' OR 1=1 --", set()),
    ],
)
def test_all_words_or_exactly_the_id(searched: Cast, words: str, found: set[int]) -> None:
    rows = Item.objects.filter(dataset=searched.dataset).matching(words, dataset=searched.dataset.pk)
    assert {row.external_id for row in rows} == {f"q-{number}" for number in found}


def test_other_filters_hold_as_well(searched: Cast) -> None:
    page = searched.client(searched.viewer).get(reverse("items", args=["letters"]) + "?q=card&status=accepted")
    assert page.context["items"] == []
