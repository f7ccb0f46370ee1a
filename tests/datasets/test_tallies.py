"""Every way to ask for counts gives what counting the items gives, folded or not, from whichever table."""

import random
from collections import Counter
from typing import Any

import pytest

from datasets import tallies
from datasets.models import BucketTally, Item, LabelTally, Tally, TallyDelta
from operating.verifying import standing_differences
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast

pytestmark = pytest.mark.django_db

ASKED = [
    ("status", "lane"),
    ("auto_labels", "human_labels", "checked", "matched", "blind"),
    (*tallies.STRATUM, "checked", "matched", "sampled", "bucket"),
    ("labeler", "auto_labels", "above_threshold", "bucket"),
    ("labelled", "bucket", "blind"),
]


@pytest.fixture
def dataset(cast: Cast) -> Cast:
    """Forty items of which the machine is silent on some, and people have decided some."""
    chance = random.Random(7)
    fill(
        cast.dataset,
        [
            Said(
                f"text {n}",
                None if n % 7 == 0 else [chance.choice(["card", "transfer", "refund"])],
                chance.random(),
                draw=chance.random() / 5,
            )
            for n in range(40)
        ],
    )
    for n in range(12):
        claim = claim_one(cast.dataset, cast.reviewer)
        label(cast.dataset, cast.reviewer, claim, "card" if n % 2 else "refund")
    return cast


def of(item: Item) -> dict[str, Any]:
    """What an item's cell is told apart by."""
    machine = tuple(item.auto_labels) if item.auto_labels is not None else None
    people = tuple(item.human_labels) if item.human_labels is not None else None
    return {
        "status": item.status,
        "lane": item.lane,
        "labeler": item.auto_labeler_id,
        "auto_labels": machine,
        "human_labels": people,
        "above_threshold": item.above_threshold,
        "sampled": item.sampled,
        "sampling_rate": item.sampling_rate,
        "auto_empty": item.auto_empty,
        "blind": item.blind,
        "bucket": None if item.auto_confidence is None else tallies.bucket_of(item.auto_confidence),
        "checked": people is not None,
        "matched": None if None in (machine, people) else machine == people,
        "labelled": machine is not None,
    }


def agree(cast: Cast, by: tuple[str, ...], *, statuses: tuple[str, ...] = (), labelled: bool = False) -> None:
    """The tallies and a count of the items."""
    counted: Counter[tuple[Any, ...]] = Counter()
    for item in Item.objects.filter(dataset=cast.dataset):
        if (not statuses or item.status in statuses) and (not labelled or item.auto_labels is not None):
            counted[tuple(of(item)[field] for field in by)] += 1
    found = tallies.cells(cast.dataset.pk, *by, statuses=statuses, labelled=labelled)
    assert {tuple(getattr(cell, field) for field in by): cell.n for cell in found} == dict(counted)
    assert len(counted) > 1


@pytest.mark.parametrize("by", ASKED)
@pytest.mark.parametrize("folded", [False, True, None])
def test_counts_are_those_of_the_items(dataset: Cast, by: tuple[str, ...], folded: bool | None) -> None:
    if folded is not False:
        tallies.fold()
        assert not TallyDelta.objects.exists()
    if folded is None:
        # Some of it is in the tables, some in the inbox.
        label(dataset.dataset, dataset.reviewer, claim_one(dataset.dataset, dataset.reviewer), "transfer")
        assert TallyDelta.objects.exists()
    agree(dataset, by)
    agree(dataset, by, statuses=("waiting", "reviewed"), labelled=True)
    assert list(standing_differences(dataset.dataset)) == []


def test_fewer_fields_need_fewer_cells(dataset: Cast) -> None:
    tallies.fold()
    assert LabelTally.objects.count() < Tally.objects.count()
    assert BucketTally.objects.count() <= Tally.objects.count()


@pytest.mark.parametrize("table", [LabelTally, BucketTally])
def test_a_coarser_tally_that_is_wrong_is_found(dataset: Cast, table: type[LabelTally] | type[BucketTally]) -> None:
    tallies.fold()
    row = table.objects.order_by("pk")[0]
    table.objects.filter(pk=row.pk).update(n=row.n + 1)
    (found,) = standing_differences(dataset.dataset)
    assert found.what == f"counted {row.n}, tallied {row.n + 1}"
