import json
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.formats import FILE_FORMATS, FILE_READERS, About, ExportItem, Predicted, RawSaid
from kinds import TASK_KINDS, ClassSpec, LabelTask
from tests.exchange.formats.span_files import ABOUT, item, kept, read, span, value, written

CHOICES = "label_studio_choices"
CLASSES = ClassSpec("a"), ClassSpec("b")


def about_classes(*, multi_label: bool) -> About:
    settings = TASK_KINDS["classification"].settings({"multi_label": multi_label})
    return replace(ABOUT, task=LabelTask("text", "classification", settings, CLASSES))


def test_written_as_label_studio_has_it() -> None:
    text = "Ann Lee"
    attributes = {"sure": "yes", "note": "twice"}
    ann = span(0, 3, id="a", attributes=attributes)
    whole = span(0, 7, id="w")
    label = value(text, whole, ann, relations=[{"from": "a", "to": "w", "label": "part of"}])
    said = Predicted(value(text, span(4, 7)), 0.75, [0.5])
    one = item(text, label, said, labeler="crf", model_version=3, metadata={"text": "hidden", "page": 2})
    first, second = json.loads(written("label_studio", one, item("x")))
    at = {"to_name": "text", "id": "a"}
    ends = {"start": 0, "end": 3}
    lee = {"start": 4, "end": 7, "text": "Lee", "labels": ["PER"]}
    results = [
        at
        | {
            "id": "w",
            "from_name": "label",
            "type": "labels",
            "value": {"start": 0, "end": 7, "text": text, "labels": ["PER"]},
        },
        at | {"from_name": "label", "type": "labels", "value": ends | {"text": "Ann", "labels": ["PER"]}},
        # Free text is written into an area, what has fixed values is chosen.
        at | {"from_name": "note", "type": "textarea", "value": ends | {"text": ["twice"]}},
        at | {"from_name": "sure", "type": "choices", "value": ends | {"text": "Ann", "choices": ["yes"]}},
        {"type": "relation", "from_id": "a", "to_id": "w", "direction": "right", "labels": ["part of"]},
    ]
    guesses = [at | {"id": "1", "from_name": "label", "type": "labels", "score": 0.5, "value": lee}]
    assert first == {
        "id": 7,
        # The text is the item's own, whatever its metadata call one.
        "data": {"text": text, "page": 2, "external_id": "letter-7"},
        "annotations": [{"result": results, "was_cancelled": False}],
        "predictions": [{"model_version": "crf 3", "score": 0.75, "result": guesses}],
    }
    assert second["annotations"] == []
    assert json.loads(written("label_studio")) == []


def test_predictions_come_back_with_their_scores(tmp_path: Path) -> None:
    said = Predicted(value("Ann Lee", span(0, 3), span(4, 7, "LOC")), 0.75, [0.5, None])
    path = kept(tmp_path, "a.json", written("label_studio", item("Ann Lee", None, said)))
    (record,), _ = read("label_studio", path)
    spans = [{"id": "1", **span(0, 3), "score": 0.5}, {"id": "2", **span(4, 7, "LOC")}]
    assert (record.label, record.prediction) == (None, RawSaid({"spans": spans}, 0.75))


def test_classes_of_whole_texts_go_both_ways(tmp_path: Path) -> None:
    about = about_classes(multi_label=True)
    made = [
        item("one", {"labels": ["a", "b"]}, Predicted({"labels": ["b"]}, 0.5, None)),
        item("two", None, Predicted({"labels": ["a"]}, None, None)),
        item("three"),
    ]
    path = kept(tmp_path, "a.json", written(CHOICES, *made, about=about))
    assert FILE_READERS[CHOICES].recognises(path)
    records, errors = read(CHOICES, path)
    assert errors == []
    assert [(one.external_id, one.label, one.prediction) for one in records] == [
        ("letter-7", RawSaid(["a", "b"]), RawSaid(["b"], 0.5)),
        ("letter-7", None, RawSaid(["a"])),
        ("letter-7", None, None),
    ]
    assert FILE_READERS[CHOICES].classes(path) == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "lost"),
    [(item("x", {"labels": ["a"]}), 0), (item("x"), 0), (item("x", {"labels": []}), 1)],
)
def test_that_no_class_holds_is_told_as_lost(one: ExportItem, lost: int, tmp_path: Path) -> None:
    about = about_classes(multi_label=True)
    assert len(FILE_FORMATS[CHOICES].losses(one, about)) == lost
    path = kept(tmp_path, "a.json", written(CHOICES, one, about=about))
    (record,), _ = read(CHOICES, path)
    assert (record.label is None) == (one.value is None or bool(lost))


def test_of_a_file_with_a_class_the_name_is_written() -> None:
    about = about_classes(multi_label=False)
    about = replace(about, stores="file", task=replace(about.task, item_kind="image"))
    (told,) = json.loads(written(CHOICES, item("", {"labels": ["a"]}, file="abc.png"), about=about))
    assert told["data"] == {"image": "abc.png", "external_id": "letter-7"}
    (result,) = told["annotations"][0]["result"]
    assert (result["to_name"], result["value"]) == ("image", {"choices": ["a"]})
