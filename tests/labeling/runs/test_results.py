"""What a run said is summed up when it is over: confidences, classes, and what it changed."""

from typing import Any

import pytest
from django.urls import reverse

from labeling.models import Run
from labeling.runs.results import BINS, bars
from labeling.setup.defining import change_labeler
from tests.loops import import_rows, rules, run_to_end, texts
from tests.people import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def results_of(run: Run) -> dict[str, Any]:
    run.refresh_from_db()
    assert run.results is not None
    return dict(run.results)


def test_a_run_is_summed_up_and_compared_with_the_one_before(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, [*texts(20), *texts(5, word="weather", start=20)])
    labeler = rules(cast.dataset, cast.manager, confidence=0.93)
    first = run_to_end(labeler, cast.manager)
    assert results_of(first)["classes"] == [["card", 20]]
    assert results_of(first)["confidences"] == [20 if number == 18 else 0 for number in range(BINS)]
    assert (results_of(first)["compared"], results_of(first)["changed"], results_of(first)["changes"]) == (0, 0, [])

    config = labeler.config | {"rules": [{"labels": ["refund"], "keywords": ["card"], "confidence": 0.4}]}
    labeler = change_labeler(
        labeler=labeler, actor=cast.manager, config=config, name=labeler.name, order=labeler.order, enabled=True
    )
    second = run_to_end(labeler, cast.manager)
    assert results_of(second)["classes"] == [["refund", 20]]
    assert results_of(second)["confidences"][8] == 20
    assert results_of(second)["compared"] == results_of(second)["changed"] == 20
    assert results_of(second)["changes"] == [["card", "refund", 20]]

    page = cast.client(cast.viewer).get(reverse("run", args=["letters", second.pk])).content.decode()
    assert "40% to 45%: 20" in page
    assert "Of 20 items that this labeler had already predicted," in " ".join(page.split())
    before = cast.client(cast.viewer).get(reverse("run", args=["letters", first.pk])).content.decode()
    assert "Changed predictions" not in before


def test_elements_are_counted_by_their_classes() -> None:
    cast = make_cast(task_kind="spans")
    rows = [
        {
            "id": f"s-{number}",
            "text": "a card and a refund",
            "prediction": {"value": {"spans": [{"start": 2, "end": 6, "label": "card"}], "relations": []}},
        }
        for number in range(3)
    ]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="prediction")
    run = Run.objects.get()
    assert results_of(run)["classes"] == [["card", 3]]


def test_the_highest_bar_is_as_high_as_the_drawing() -> None:
    drawn = bars([1, 0, 4])
    assert [bar.height for bar in drawn] == [25, 0, 100]
    assert (drawn[2].low, drawn[2].high) == (66, 99)
    assert all(bar.height == 0 for bar in bars([0] * BINS))
