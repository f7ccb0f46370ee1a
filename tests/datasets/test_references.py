"""What an item, a pre-label or a review slot names is there and stays there, without a foreign key on each row."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from datasets.models import Item, Waiting
from labeling.models import PreLabel, Run
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db
NOBODY = 10**9


@pytest.fixture
def item(cast: Cast) -> Item:
    (item,) = fill(cast.dataset, [Said("one", ["card"], confidence=0.3)])
    return item


def new_item(dataset_id: int, name: str) -> Item:
    return Item(dataset_id=dataset_id, external_id=name, content_hash=b"0" * 16, text="text", draw=0.5)


def new_prelabel(item: Item, **changes: int) -> PreLabel:
    first = Run.objects.get()
    run = Run.objects.create(
        dataset=first.dataset, labeler=first.labeler, edition=first.edition, created_by=first.created_by
    )
    names = {"item_id": item.pk, "run_id": run.pk, "labeler_id": run.labeler_id} | changes
    return PreLabel(outcome="abstained", **names)


WRONG: dict[str, Callable[[Item], object]] = {
    "dataset_id 1000000000 is not present in labeling_dataset": lambda item: new_item(NOBODY, "new").save(),
    "item_id 1000000000 is not present in labeling_item": lambda item: new_prelabel(item, item_id=NOBODY).save(),
    "run_id 1000000000 is not present in labeling_run": lambda item: new_prelabel(item, run_id=NOBODY).save(),
    "model_version_id 1000000000 is not present": lambda item: new_prelabel(item, model_version_id=NOBODY).save(),
    "labeling_waiting violates a reference: item_id 1000000000": lambda item: Waiting.objects.create(
        item_id=NOBODY, dataset_id=item.dataset_id, lane="uncertain"
    ),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_name_of_nothing_is_refused(item: Item, words: str) -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        WRONG[words](item)


def test_one_wrong_row_among_a_thousand_is_found(cast: Cast, item: Item) -> None:
    rows = [new_item(cast.dataset.pk, f"new {number}") for number in range(1_000)]
    rows[500].dataset_id = NOBODY
    with pytest.raises(IntegrityError, match="is not present"), transaction.atomic():
        Item.objects.bulk_create(rows)
    assert Item.objects.count() == 1


@pytest.mark.parametrize("table", ["labeling_dataset", "labeling_item", "labeling_run"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_named_stays(item: Item, table: str, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match=r"refused"), transaction.atomic():
            cursor.execute(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labeling_item SET dataset_id = dataset_id + 1",
        "UPDATE labeling_item SET text = text || ' more'",
        "UPDATE labeling_waiting SET item_id = item_id + 1",
    ],
)
def test_a_name_cannot_be_changed(item: Item, statement: str) -> None:
    with pytest.raises(IntegrityError, match=r"refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    item.save()  # all columns are written again as they are
