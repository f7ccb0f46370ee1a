"""What the API tells of an item: what people say and what the machine says, of every kind of label."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets.models import Dataset, Item
from tests.api.program import Program
from tests.exchange.element_datasets import dataset_for
from tests.loops import import_rows
from tests.people import Cast

pytestmark = pytest.mark.django_db

SPAN = {"start": 0, "end": 3, "label": "PER"}


def asked(cast: Cast, dataset: Dataset, path: str = "") -> Any:
    headers = {"Authorization": f"Bearer {Program.of(cast.manager).token}"}
    answer = cast.client(cast.manager).get(f"/api/v1/datasets/{dataset.slug}/items/{path}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def spans(cast: Cast) -> Dataset:
    dataset = dataset_for(cast, "spans", None)
    rows = [
        {"text": "Ada met Bob", "gold": {"spans": [SPAN]}, "guess": {"spans": [SPAN | {"score": 0.75}]}},
        {"text": "Bob met Ada", "gold": None, "guess": None},
    ]
    import_rows(
        dataset,
        cast.manager,
        rows,
        text="text",
        label="gold",
        prediction="guess",
        new_classes=True,
    )
    return dataset


def test_a_reviewed_item_of_elements_has_its_value_and_the_prediction(cast: Cast, spans: Dataset) -> None:
    item = Item.objects.get(text="Ada met Bob")
    told = asked(cast, spans, f"{item.pk}/")
    assert told["value"] == item.human_value
    assert told["value"]["spans"][0]["label"] == "PER"
    assert told["prediction"] == {"value": item.human_value, "confidence": 0.75, "parts": [0.75]}
    assert (told["status"], told["human_labels"], told["auto_labels"]) == ("reviewed", None, None)


def test_an_item_of_which_nobody_says_anything_has_neither(cast: Cast, spans: Dataset) -> None:
    item = Item.objects.get(text="Bob met Ada")
    told = asked(cast, spans, f"{item.pk}/")
    assert (told["value"], told["prediction"], told["human_labels"]) == (None, None, None)


def test_lists_read_no_values(cast: Cast, spans: Dataset) -> None:
    with CaptureQueriesContext(connection) as queries:
        (first, second) = asked(cast, spans)["results"]
    assert "value" not in first
    assert "prediction" not in first
    assert (first["human_labels"], second["human_labels"]) == (None, None)
    assert not any("human_value" in one["sql"] for one in queries.captured_queries)


def test_classes_are_named_as_ever(cast: Cast) -> None:
    rows = [{"text": "x", "gold": "card", "guess": "refund", "sure": 0.5}]
    import_rows(cast.dataset, cast.manager, rows, text="text", label="gold", prediction="guess", confidence="sure")
    told = asked(cast, cast.dataset, f"{Item.objects.get().pk}/")
    assert (told["human_labels"], told["auto_labels"]) == (["card"], ["refund"])
    assert told["value"] == {"labels": ["card"]}
    assert told["prediction"] == {"value": {"labels": ["refund"]}, "confidence": 0.5, "parts": None}
    (listed,) = asked(cast, cast.dataset)["results"]
    assert listed["human_labels"] == ["card"]
