"""Finding items by words: the same answer whether few or many have them."""

import pytest
from django.urls import reverse

from datasets.models import Item, ItemWords
from datasets.querysets import items as querysets
from tests.filling import Said, fill
from tests.people import Cast

TEXTS = ["lost my card", "card fee", "refund please", "where is my card now"]


@pytest.fixture(params=[(2_000, 2), (0, 2), (2_000, 0)], ids=["few", "many", "common"])
def searched(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A dataset whose words pass for rare ones, for frequent ones, or for common ones."""
    for name, value in zip(("MANY", "COMMON"), request.param, strict=True):
        monkeypatch.setattr(querysets, name, value)
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


SCRIPTS = [
    "我要退款谢谢",
    "返金をお願いします",
    "환불해 주세요",
    "อยากขอคืนเงินครับ",
    "Mein Kreditkartenlimit ist zu niedrig",
    "Cafe\u0301 crème",
    "मेरा कार्ड काम नहीं करें",
]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("退款", {0}),
        ("款退", set()),
        ("返金", {1}),
        ("환불", {2}),
        ("คืนเงิน", {3}),
        ("Kredit", {4}),
        ("limit", set()),
        ("kreditkartenlimit niedrig", {4}),
        ("Caf\xe9", {5}),
        ("cafe\u0301 cre\u0300me", {5}),
        ("कार्ड", {6}),
        ("我 款", {0}),
        ("请 -退款", set()),
        ("谢谢 -退款", set()),
        ("o'neil | & ! ( :* '' \\", set()),
    ],
)
def test_any_script_is_searched(cast: Cast, words: str, found: set[int]) -> None:
    fill(cast.dataset, [Said(text, external_id=f"s-{number}") for number, text in enumerate(SCRIPTS)])
    rows = Item.objects.filter(dataset=cast.dataset).matching(words, dataset=cast.dataset.pk)
    assert {row.external_id for row in rows} == {f"s-{number}" for number in found}


def test_other_filters_hold_as_well(searched: Cast) -> None:
    page = searched.client(searched.viewer).get(reverse("items", args=["letters"]) + "?q=card&status=accepted")
    assert page.context["items"] == []


def test_the_share_of_a_word_in_a_sample(cast: Cast) -> None:
    assert querysets._share("card", cast.dataset.pk) == 0
    fill(cast.dataset, [Said(f"number {n}" + " card" * (n % 4 == 0)) for n in range(80)])
    assert querysets._share("number", cast.dataset.pk) == 1
    assert 0.1 < querysets._share("card", cast.dataset.pk) < 0.4


def test_a_text_of_more_words_than_a_vector_holds(cast: Cast) -> None:
    """In any script: a vector is limited in bytes."""
    text = " ".join(chr(0x1F600 + number % 64) + chr(0x20000 + number) for number in range(60_000))
    (item,) = fill(cast.dataset, [Said(f"{text[:300_000]} {'word ' * 100_000}")])
    rows = Item.objects.filter(dataset=cast.dataset)
    assert list(rows.matching(chr(0x20000), dataset=cast.dataset.pk)) == [item]
    assert list(rows.matching("word", dataset=cast.dataset.pk)) == []


def test_items_without_a_text_are_found_by_their_id_alone(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [Said("", external_id="photo-1")])
    assert not ItemWords.objects.exists()
    assert list(Item.objects.filter(dataset=cast.dataset).matching("photo-1", dataset=cast.dataset.pk)) == [item]
