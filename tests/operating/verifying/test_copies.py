"""What is copied, or named, without a constraint of its own is compared with what it copies or names."""

import pytest
from django.db import connection

from datasets.models import Item, ItemWords, Waiting
from labeling.models import Labeler
from operating.verifying import Difference, item_differences, standing_differences
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(cast: Cast) -> Item:
    (item,) = fill(cast.dataset, [Said("one", ["card"], confidence=0.3)])
    assert found(cast) == []
    return item


def found(cast: Cast) -> list[Difference]:
    return [*item_differences(cast.dataset), *standing_differences(cast.dataset)]


def other_labeler(cast: Cast) -> Labeler:
    return Labeler.objects.create(dataset=cast.dataset, name="other", kind="imported", created_by=cast.manager)


def test_a_pre_label_that_is_not_there(cast: Cast, item: Item) -> None:
    Item.objects.update(auto_prelabel_id=10**9)
    assert any("pre-label 1000000000 is missing" in one.what for one in found(cast))


def test_a_labeler_that_did_not_speak(cast: Cast, item: Item) -> None:
    Item.objects.update(auto_labeler_id=other_labeler(cast).pk)
    assert any(", the pre-label is of" in one.what for one in found(cast))


def test_a_slot_in_another_dataset(cast: Cast, item: Item) -> None:
    Waiting.objects.update(dataset_id=10**9)
    # In its own dataset the item waits without a slot.
    assert [one.kind for one in found(cast)] == ["waiting", "copy"]


def test_a_pre_label_of_another_labeler_than_its_runs(cast: Cast, item: Item) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE labeling_prelabel SET labeler_id = %s", [other_labeler(cast).pk])
    # The item says that its own labeler spoke.
    assert [one.kind for one in found(cast)] == ["item", "copy"]


@pytest.mark.parametrize("words", ["another", None])
def test_words_that_search_does_not_know(cast: Cast, item: Item, words: str | None) -> None:
    if words:
        ItemWords.objects.update(words=words)
    else:
        ItemWords.objects.all().delete()
    assert [one.kind for one in found(cast)] == ["words"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labeling_waiting SET item_id = 1000000000",
        "UPDATE labeling_prelabel SET item_id = 1000000000",
        "UPDATE labeling_prelabel SET run_id = 1000000000",
        "UPDATE labeling_prelabel SET model_version_id = 1000000000",
    ],
)
def test_a_row_that_names_what_is_not_there(cast: Cast, item: Item, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
    assert "stray" in [one.kind for one in found(cast)]
