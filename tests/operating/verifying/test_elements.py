"""What is counted of elements is broken on purpose, in each place, and named."""

import pytest
from django.db import connection

from datasets import element_tallies
from datasets.models import ComparedPair, ElementDelta, ElementTally, Item, PairDelta, PairTally
from operating.verifying import Difference, item_differences, standing_differences
from review.models import Edit
from tests.measuring.spanning import Spanning, spanning
from tests.people import Cast
from tests.policies import change_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans(cast: Cast) -> Spanning:
    made = spanning(cast)
    change_policy(dataset=made.dataset, actor=cast.manager, threshold=1.0)
    made.fill(20, empty=0.0)
    made.review()
    assert found(made) == []
    return made


def found(spans: Spanning) -> list[Difference]:
    return [*item_differences(spans.dataset), *standing_differences(spans.dataset)]


def kinds(spans: Spanning) -> set[str]:
    return {one.kind for one in found(spans)}


def untold(statement: str, *values: object) -> None:
    """Behind the triggers' back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_what_is_right(spans: Spanning) -> None:
    item = Item.objects.filter(dataset=spans.dataset, matched=False).first()
    assert item is not None
    Item.objects.filter(pk=item.pk).update(matched=True)
    (one,) = found(spans)
    assert (one.kind, one.where) == ("item", f"item {item.pk}")
    assert "matched is True" in one.what


def test_a_pair_that_nobody_compared(spans: Spanning) -> None:
    item = Item.objects.filter(dataset=spans.dataset).first()
    assert item is not None
    ComparedPair.objects.create(
        item=item, dataset=spans.dataset, auto_class="never", human_class="", n=3, edited=3, agreement=0
    )
    # Its trigger has counted it, so the sums agree with the pairs.
    assert [(one.kind, one.where) for one in found(spans)] == [("pairs", f"item {item.pk}")]


def test_a_pair_that_is_missing(spans: Spanning) -> None:
    pair = ComparedPair.objects.filter(dataset=spans.dataset).first()
    assert pair is not None
    ComparedPair.objects.filter(pk=pair.pk).delete()
    assert [(one.kind, one.where) for one in found(spans)] == [("pairs", f"item {pair.item_id}")]


@pytest.mark.parametrize("change", ["n = n + 1", "edited = edited + 1", "agreement = agreement + 0.01"])
def test_a_pair_that_was_altered(spans: Spanning, change: str) -> None:
    pair = ComparedPair.objects.filter(dataset=spans.dataset).first()
    assert pair is not None
    untold(f"UPDATE labeling_comparedpair SET {change} WHERE id = %s", pair.pk)
    # Neither the values say so nor the sums.
    assert {"pairs", "element sums"} <= kinds(spans) <= {"pairs", "element sums", "pair sums"}


@pytest.mark.parametrize("change", ["kept = kept + 1", "added = added + 1", 'detail = \'[["moved", "x", "y"]]\''])
def test_edits_that_nobody_made(spans: Spanning, change: str) -> None:
    row = Edit.objects.filter(decision__dataset=spans.dataset).first()
    assert row is not None
    untold(f"UPDATE review_edit SET {change} WHERE decision_id = %s", row.pk)
    (one,) = found(spans)
    assert one.kind == "edits"
    assert one.where.endswith(f"decision {row.pk}")


def test_edits_that_are_missing(spans: Spanning) -> None:
    first = Edit.objects.filter(decision__dataset=spans.dataset).values_list("pk", flat=True)[0]
    Edit.objects.filter(pk=first).delete()
    assert kinds(spans) == {"edits"}


@pytest.mark.parametrize("name", element_tallies.SUMS)
@pytest.mark.parametrize("folded", [False, True])
def test_a_sum_over_elements(spans: Spanning, name: str, folded: bool) -> None:
    if folded:
        element_tallies.fold()
    row = (ElementTally if folded else ElementDelta).objects.filter(dataset_id=spans.dataset.pk, name="card").first()
    assert row is not None
    type(row)._default_manager.filter(pk=row.pk).update(**{name: getattr(row, name) + 1})
    (one,) = found(spans)
    assert one.kind == "element sums"
    assert one.what.startswith(f"{name}: counted")
    assert "name card" in one.where


@pytest.mark.parametrize("name", element_tallies.PAIR_SUMS)
@pytest.mark.parametrize("folded", [False, True])
def test_a_sum_over_pairs(spans: Spanning, name: str, folded: bool) -> None:
    if folded:
        element_tallies.fold()
    row = (PairTally if folded else PairDelta).objects.filter(dataset_id=spans.dataset.pk).first()
    assert row is not None
    type(row)._default_manager.filter(pk=row.pk).update(**{name: getattr(row, name) + 1})
    (one,) = found(spans)
    assert one.kind == "pair sums"
    assert one.what.startswith(f"{name}: counted")


def test_an_item_in_another_stratum(spans: Spanning) -> None:
    item = Item.objects.filter(dataset=spans.dataset, pairs__isnull=False).first()
    assert item is not None
    untold("UPDATE labeling_item SET sampling_rate = 0.77 WHERE id = %s", item.pk)
    assert {"element sums", "pair sums"} <= kinds(spans)
