"""Exports call classes what people call them now."""

import json

import pytest

from datasets.classes import change_class
from datasets.merging import merge_class
from review.deciding import merging
from tests.exchange.exporting.test_jobs import exported
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_merged_classes_are_written_as_those_that_stand_for_them(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, [*texts(5), *texts(2, word="weather", start=5)])
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer, lane="uncertain"), "refund")
    classes = cast.dataset.label_classes
    merge_class(label_class=classes.get(name="card"), into=classes.get(name="transfer"), actor=cast.manager)
    change_class(label_class=classes.get(name="transfer"), actor=cast.manager, title="Move")
    while merging.work_one_merge():
        pass
    lines = [json.loads(line) for line in exported(cast)[1].splitlines()]
    assert {one["label"] for one in lines} == {"Move", "refund"}
    assert {tuple(one["prediction"]["value"]["labels"]) for one in lines if one["prediction"]} == {("Move",)}
