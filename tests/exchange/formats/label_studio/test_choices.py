import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, RawSaid
from tests.exchange.formats.label_studio.tasks import REAL, choice, region, task, tasks
from tests.exchange.formats.span_files import kept, read

NAME = "label_studio_choices"
READER = FILE_READERS[NAME]


def test_choices_of_one_control_are_classes_and_the_rest_is_told(tmp_path: Path) -> None:
    guess = {"result": [choice("bad", score=0.25)], "score": None}
    path = tasks(
        tmp_path,
        task(choice("good", "calm"), predictions=[guess]),
        task(choice("letter", control="form"), choice("good", id="c")),
        task(choice("good"), predictions=[guess | {"score": 0.75}]),
        task(region(0, 3, "PER", id="a"), choice("yes", control="sure", id="a")),
        task(),
        task(annotations=[{"result": [choice("bad")], "was_cancelled": True}]),
    )
    assert READER.recognises(path)
    records, errors = read(NAME, path)
    assert errors == []
    assert [(one.label, one.prediction) for one in records] == [
        (RawSaid(["good", "calm"]), RawSaid(["bad"], 0.25)),
        (RawSaid(["good"]), None),
        (RawSaid(["good"]), RawSaid(["bad"], 0.75)),
        (None, None),
        (None, None),
        (None, None),
    ]
    assert [one.notes for one in records] == [
        (),
        ("1 choices about the whole, form, left out.",),
        (),
        ("1 labels left out.", "1 choices left out."),
        (),
        (),
    ]
    assert READER.classes(path) == ["good", "calm", "bad"]


def test_tasks_without_choices_are_not_taken_for_it(tmp_path: Path) -> None:
    assert not READER.recognises(tasks(tmp_path, task(), task(region(0, 3, "PER"))))
    # Rows of JSON-MIN with one choice look like any others: what is a control in them only people know.
    about = {"id": 7, "annotator": 1, "annotation_id": 3}
    assert not READER.recognises(tasks(tmp_path, {"text": "Ann", "mood": "good"} | about))
    path = tasks(tmp_path, {"text": "Ann", "mood": {"choices": ["good", "calm"]}} | about)
    assert READER.recognises(path)
    (record,), errors = read(NAME, path)
    assert (errors, record.label) == ([], RawSaid(["good", "calm"]))


@pytest.mark.parametrize("wrong", [choice(5), choice("a", value={}), choice("a", value=[]), choice("a", value=None)])
def test_choices_that_are_none_are_left_out(wrong: Any, tmp_path: Path) -> None:
    records, errors = read(NAME, tasks(tmp_path, task(choice("good")), task(wrong)))
    assert errors == []
    assert [one.label for one in records] == [RawSaid(["good"]), None]
    assert records[1].notes == ("1 choices about the whole, mood, left out.",)


def test_a_bad_task_costs_itself(tmp_path: Path) -> None:
    bad = [task(choice("\ud800")), task(annotations=[{"result": [5]}]), {"data": 5}, task(data={})]
    path = kept(tmp_path, "a.json", json.dumps([task(choice("good")), *bad, task(choice("good"))])[:-1] + ", [")
    records, errors = read(NAME, path)
    assert [one.number for one in records] == [1, 6]
    assert [one.number for one in errors] == [2, 3, 4, 5, 7]
    assert all(one.remedy for one in errors)


def test_files_of_its_own_tests() -> None:
    (record,), _ = read(NAME, REAL / "two_predictions.json")
    assert (record.label, record.prediction) == (None, RawSaid(["neg"]))
    assert record.notes == ("It has 2 predictions: the last was used.",)
    path = REAL / "choices.json"
    assert READER.recognises(path)
    records, errors = read(NAME, path)
    there = json.loads(path.read_text())
    assert (len(records), errors) == (len(there), [])
    for record, one in zip(records, there, strict=True):
        one.setdefault("data", one)
        assert record.text == one["data"]["text"]
        said = [row["value"]["choices"] for given in one.get("annotations", [])[:1] for row in given["result"]]
        guessed = [row["value"]["choices"] for given in one.get("predictions", [])[-1:] for row in given["result"]]
        assert ([record.label.value] if record.label else []) == said
        assert ([record.prediction.value] if record.prediction else []) == guessed
    assert not READER.recognises(REAL / "choices_of_image.json")
