"""The API's list of items: filters, orders, totals, and parameters that are refused by name."""

import pytest

from datasets import item_lists
from datasets.models import Item, Split
from tests.api.program import Program
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db

ITEMS = "datasets/letters/items/"


def scene(cast: Cast) -> None:
    """Seven items whose places in every order differ; two share a confidence, one has no label."""
    said = [
        Said("one", ["card"], 0.99, external_id="c"),
        Said("two", ["transfer"], 0.4, external_id="a"),
        Said("three", ["card"], 0.4, external_id="g"),
        Said("four", None, external_id="b"),
        Said("five", ["refund"], 0.97, external_id="f"),
        Said("six", ["card"], 0.2, external_id="d"),
        Said("seven", ["transfer"], 0.98, external_id="e"),
    ]
    fill(cast.dataset, said)


def walk(program: Program, query: str, size: int) -> list[str]:
    """All pages, to the end and back to the beginning."""
    url, seen, pages = f"{ITEMS}?page_size={size}&{query}", [], []
    answer = {}
    while url:
        answer = program.call("GET", url.removeprefix("http://testserver"), expect=200)
        pages.append([row["external_id"] for row in answer["results"]])
        url = answer["next"]
    seen = list(pages)
    while url := answer["previous"]:
        answer = program.call("GET", url.removeprefix("http://testserver"), expect=200)
        pages.pop()
        assert [row["external_id"] for row in answer["results"]] == pages[-1]
    assert len(pages) == 1
    return [one for page in seen for one in page]


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", "edfbgac"),
        ("newest", "edfbgac"),
        ("oldest", "cagbfde"),
        ("confidence", "dagfec"),
        ("-confidence", "cefgad"),
        ("class", "dgcfae"),
        ("labeler", "cagfde"),
        ("status", "cfeagbd"),
        ("external_id", "abcdefg"),
    ],
)
def test_every_order_in_pages_of_any_size(cast: Cast, manager: Program, sort: str, expected: str, size: int) -> None:
    scene(cast)
    assert "".join(walk(manager, f"sort={sort}", size)) == expected


def test_labels_without_a_confidence_stand_at_the_end_of_their_class(cast: Cast, manager: Program) -> None:
    scene(cast)
    Item.objects.filter(external_id="d").update(auto_confidence=None)
    assert "".join(walk(manager, "sort=class", 1)) == "gcdfae"


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 7),
        ("status=accepted", 3),
        ("lane=uncertain", 4),
        ("status=accepted&lane=uncertain", 0),
        ("label=card", 3),
        ("final=card", 1),
        ("labeler=machine&status=waiting", 3),
        ("min_confidence=0.4&max_confidence=0.98", 4),
        ("q=three", 1),
        ("q=g", 1),
        ("split=test", 2),
    ],
)
@pytest.mark.parametrize("tallied", [True, False])
def test_the_total_of_what_matches(
    cast: Cast, manager: Program, monkeypatch: pytest.MonkeyPatch, query: str, total: int, tallied: bool
) -> None:
    scene(cast)
    split = Split.objects.create(dataset=cast.dataset, name="test")
    Item.objects.filter(external_id__in=["a", "b"]).update(split=split)
    if not tallied:
        monkeypatch.setattr("datasets.item_filters.ItemFilter.counted", lambda *_: None)
    answer = manager.call("GET", f"{ITEMS}?{query}", expect=200)
    assert (answer["total"], answer["total_is_estimate"], len(answer["results"])) == (total, False, total)


def test_beyond_a_bound_the_total_is_said_to_be_an_estimate(
    cast: Cast, manager: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(cast)
    monkeypatch.setattr(item_lists, "COUNTED", 2)
    answer = manager.call("GET", f"{ITEMS}?min_confidence=0", expect=200)
    assert answer["total_is_estimate"]
    assert answer["total"] >= 3
    assert not manager.call("GET", f"{ITEMS}?min_confidence=0.99", expect=200)["total_is_estimate"]


def test_counting_that_takes_too_long_is_given_up(
    cast: Cast, manager: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(cast)
    monkeypatch.setattr(item_lists, "COUNTING_MS", 20)
    real = Item.objects.filter(dataset=cast.dataset).extra(where=["pg_sleep(0.1) IS NOT NULL"]).values("pk")
    assert item_lists._counted(real) is None
    assert item_lists._counted(Item.objects.filter(dataset=cast.dataset).values("pk")) == 7


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("status=nope", "status", "pending, waiting, accepted, reviewed, disputed, excluded"),
        ("lane=nope", "lane", "uncertain, audit, failed, unsure, disagreement, gold, manual"),
        ("label=nope", "label", "card, transfer, refund"),
        ("human=nope", "human", "card, transfer, refund"),
        ("final=nope", "final", "card, transfer, refund"),
        ("labeler=nope", "labeler", "machine"),
        ("labeler=99999999999999999999", "labeler", "machine"),
        ("split=nope", "split", "has no values"),
        ("min_confidence=90", "min_confidence", "from 0 to 1"),
        ("max_confidence=nan", "max_confidence", "from 0 to 1"),
        ("disagreement=nope", "disagreement", "differs, agrees"),
        ("sort=nope", "sort", "newest, oldest, confidence"),
        ("cursor=nope", "cursor", "next"),
        ("sort=class&cursor=WzFd", "cursor", "next"),
        ("page_size=nope", "page_size", "1 to 200"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(cast: Cast, manager: Program, query: str, field: str, told: str) -> None:
    scene(cast)
    refused = manager.call("GET", f"{ITEMS}?{query}", expect=400)
    assert refused["field"] == field
    assert told in refused["detail"]


def test_a_lane_that_is_none_claims_nothing(cast: Cast, manager: Program) -> None:
    scene(cast)
    refused = manager.call("POST", "datasets/letters/queue/claim/", {"lane": "nope"}, expect=400)
    assert refused["field"] == "lane"
    assert "uncertain, audit" in refused["detail"]
