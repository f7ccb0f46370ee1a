import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, RawSaid
from ground.errors import InvalidInput
from tests.exchange.formats.label_studio.tasks import REAL, choice, region, task, tasks
from tests.exchange.formats.span_files import elements_of, kept, meant, read, span, task_of

READER = FILE_READERS["label_studio"]


def test_spans_relations_attributes_and_scores_are_read(tmp_path: Path) -> None:
    ends = {"start": 0, "end": 3}
    about = [
        {"id": "a", "from_name": "sure", "type": "choices", "value": ends | {"choices": ["yes"]}},
        {"id": "a", "from_name": "note", "type": "textarea", "value": ends | {"text": ["twice"]}},
        {"id": "a", "from_name": "stars", "type": "rating", "value": ends | {"rating": 4}},
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "left", "labels": ["part of"]},
    ]
    guess = {"result": [region(0, 3, "PER", score=0.5)], "score": 0.75, "model_version": "m"}
    # What is said of a region may stand before it.
    one = task(*about[:1], region(0, 3, "PER", id="a"), region(4, 7, "ORG", "PER", id="b"), *about[1:])
    path = tasks(tmp_path, one | {"predictions": [guess]})
    assert READER.recognises(path)
    (record,), errors = read("label_studio", path)
    assert errors == []
    assert (record.text, record.metadata, record.notes) == ("Ann Lee", {"label_studio_id": 1}, ())
    assert record.label == RawSaid(
        {
            "spans": [
                {"id": "a", **span(0, 3), "attributes": {"sure": "yes", "note": "twice", "stars": 4}},
                {"id": "b", **span(4, 7, "ORG")},
                span(4, 7),
            ],
            "relations": [{"from": "b", "to": "a", "label": "part of"}],
        }
    )
    assert record.prediction == RawSaid({"spans": [span(0, 3, score=0.5)]}, 0.75)
    assert READER.classes(path) == ["PER", "ORG"]


def test_of_hypertext_the_places_without_tags_are_taken(tmp_path: Path) -> None:
    value = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 9, "endOffset": 12}
    value |= {"globalOffsets": {"start": 4, "end": 7}, "text": "Lee", "hypertextlabels": ["PER"]}
    (record,), errors = read("label_studio", tasks(tmp_path, task({"type": "hypertextlabels", "value": value})))
    assert (errors, record.notes) == ([], ())
    assert elements_of(record.label) == [span(4, 7)]


def test_which_of_several_counts_and_that_is_told(tmp_path: Path) -> None:
    about: list[Any] = [{"was_cancelled": True}, {}, {"ground_truth": True}]
    said = [{"result": [region(0, end, "PER")], **more} for end, more in enumerate(about, start=1)]
    guesses = [{"result": [region(0, end, "PER")], "score": 5} for end in (4, 5)]
    drafts = [{"result": [region(0, 6, "PER")]}]
    path = tasks(
        tmp_path,
        task(annotations=said, predictions=guesses),
        task(annotations=said[:2], predictions=[17]),
        task(annotations=said[:1]),
        task(annotations=[{"result": []}]),
        task(completions=said[1:2], annotations=None),
        task(annotations=[], drafts=drafts),
    )
    records, errors = read("label_studio", path)
    assert errors == []
    ends = [[one["end"] for one in elements_of(record.label)] if record.label else None for record in records]
    assert ends == [[3], [2], None, [], [2], None]
    assert records[0].prediction == RawSaid({"spans": [span(0, 5)]})
    assert records[0].notes == (
        "It has 2 annotations: the ground truth was used.",
        "It has 2 predictions: the last was used.",
    )
    assert records[1].notes == ("Its predictions are listed by id only. Export them in full to import them.",)
    assert [record.notes for record in records[2:]] == [(), (), (), ()]


def test_what_means_nothing_here_is_told(tmp_path: Path) -> None:
    ends = {"start": 0, "end": 3}
    given = task(
        region(0, 3, "PER", id="a", value=ends | {"text": "Bob", "labels": ["PER"]}),
        {"id": "a", "type": "text", "value": ends},
        region(0, 3),
        region(0, 3, "PER", meta={"text": ["hm"]}),
        {"type": "relation", "from_id": "a", "to_id": "a", "labels": []},
        {"type": "relation", "from_id": "a", "to_id": "a", "direction": "bi", "labels": ["part of"]},
        choice("good", id="x"),
        choice("yes", "no", control="sure", id="a"),
        {"type": "paragraphlabels", "value": {}},
        {},
    )
    (record,), errors = read("label_studio", tasks(tmp_path, given))
    assert errors == []
    assert record.notes == (
        "1 texts about regions left out.",
        "1 relations without a label left out.",
        "1 other directions of relations that go both ways left out.",
        "1 labels left out.",
        "1 paragraphlabels left out.",
        "1 results without a type left out.",
        "1 choices about the whole left out.",
        "1 choices of several values left out.",
        "A span quotes 'Bob', and the text has 'Ann' there.",
    )


def test_line_ends_are_quoted_in_more_than_one_way(tmp_path: Path) -> None:
    texts = "Ann\nLee", "Ann\r\nLee", "Ann\\nLee"
    quotes = [("Ann\\nLee", "Ann\nLee"), ("Ann\nLee", "Ann\\nLee"), ("Ann\\nLee",)]
    for text, ways in zip(texts, quotes, strict=True):
        value = {"start": 0, "end": len(text), "labels": ["PER"]}
        said = [region(0, 0, value=value | {"text": words}) for words in ways]
        (record,), _ = read("label_studio", tasks(tmp_path, task(*said, text=text)))
        assert record.notes == ()


def test_one_region_of_two_controls_is_two_spans(tmp_path: Path) -> None:
    again = region(0, 3, "PER", id="a"), region(0, 3, "LOC", id="a", from_name="place"), region(0, 3, "PER", id="a")
    (record,), _ = read("label_studio", tasks(tmp_path, task(*again)))
    assert [one["label"] for one in elements_of(record.label)] == ["PER", "LOC"]


def test_who_gave_the_whole_text_a_class_has_not_looked_for_spans(tmp_path: Path) -> None:
    records, errors = read(
        "label_studio", tasks(tmp_path, task(choice("good")), task(choice("good"), region(0, 3, "PER")))
    )
    assert errors == []
    assert records[0].label is None
    assert elements_of(records[1].label) == [span(0, 3)]
    assert {one.notes for one in records} == {("1 choices about the whole left out.",)}


def test_the_text_is_the_one_that_spans_quote(tmp_path: Path) -> None:
    quote = region(0, 3, value={"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]})
    data = {"title": "A letter", "body": "Ann Lee", "page": 3}
    path = tasks(
        tmp_path,
        task(quote, data=data),
        task(data=data),
        task(data={"image": "https://example.com/a.png"}),
        task(quote, data={"note": "Ann Lee", "audio": "s3://bucket/a.wav"}),
        task(text="https://example.com/a"),
        task(data={"note": "Ann Lee", "picture": "images/a.JPG?x=1", "external_id": "seven"}),
    )
    records, errors = read("label_studio", path)
    assert [(one.text, one.external_id, one.metadata) for one in records] == [
        ("Ann Lee", "", {"title": "A letter", "page": 3, "label_studio_id": 1}),
        ("Ann Lee", "", {"audio": "s3://bucket/a.wav", "label_studio_id": 1}),
        ("https://example.com/a", "", {"label_studio_id": 1}),
        ("Ann Lee", "seven", {"picture": "images/a.JPG?x=1", "label_studio_id": 1}),
    ]
    assert [one.number for one in errors] == [2, 3]
    assert "which of its data is the text: title, body, page" in errors[0].reason
    assert "it has no text" in errors[1].reason


def test_a_bad_task_costs_itself_and_from_where_it_is_no_json_nothing_is_read(tmp_path: Path) -> None:
    bad = [
        task(annotations=[{"result": 5}]),
        5,
        {"data": [], "text": "a"},
        task(text="\x00"),
        task(region(0, 3, "\ud800")),
        task(region(0, 3, "PER", id="a"), choice("\ud800", id="a")),
    ]
    path = kept(tmp_path, "a.json", json.dumps([task(), *bad, task(region(0, 3, "PER"))])[:-1] + ", {")
    records, errors = read("label_studio", path)
    assert [one.number for one in records] == [1, 8]
    assert [one.number for one in errors] == [2, 3, 4, 5, 6, 7, 9]
    assert all(one.remedy for one in errors)
    assert "not JSON" in errors[-1].reason


def test_a_task_alone_and_data_alone_are_read(tmp_path: Path) -> None:
    path = kept(tmp_path, "a.json", json.dumps(task(region(0, 3, "PER"))))
    assert READER.recognises(path)
    (record,), errors = read("label_studio", path)
    assert (errors, elements_of(record.label)) == ([], [span(0, 3)])
    (record,), errors = read("label_studio", tasks(tmp_path, {"text": "Ann Lee", "page": 2}))
    assert (errors, record.text, record.label, record.metadata) == ([], "Ann Lee", None, {"page": 2})


def test_json_min_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    about = {"id": 7, "annotator": 1, "annotation_id": 3, "created_at": "x", "updated_at": "x", "lead_time": 1.5}
    spans = [{"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]}]
    path = tasks(tmp_path, {"text": "Ann Lee", "page": 2, "ner": spans} | about, {"text": "Bob"} | about)
    assert READER.recognises(path)
    records, errors = read("label_studio", path)
    assert errors == []
    assert [(one.text, one.metadata) for one in records] == [
        ("Ann Lee", {"page": 2, "label_studio_id": 7}),
        ("Bob", {"label_studio_id": 7}),
    ]
    assert elements_of(records[0].label) == [span(0, 3)]
    assert records[1].label is None


@pytest.mark.parametrize(
    "content", ["", "nothing", "[]", "{}", "[5]", '[{"a": 5}]', '{"images": [], "annotations": [{"id": 1}]}']
)
@pytest.mark.parametrize("name", ["label_studio", "label_studio_choices"])
def test_what_holds_no_tasks_is_refused(name: str, content: str, tmp_path: Path) -> None:
    path = kept(tmp_path, "a.json", content)
    assert not FILE_READERS[name].recognises(path)
    with pytest.raises(InvalidInput):
        FILE_READERS[name].columns(path)


def test_who_drew_boxes_has_not_looked_for_spans(tmp_path: Path) -> None:
    box = {"type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["a"]}}
    path = tasks(tmp_path, task(box, data={"picture": "images/a.jpg"}))
    assert not READER.recognises(path)
    _, (error,) = read("label_studio", path)
    assert "it has no text, but rectanglelabels" in error.reason
    sound = region(0.5, 1.5, value={"start": 0.5, "end": 1.5, "channel": 0, "labels": ["PER"]})
    bare = {"type": "labels", "value": {"x": 1, "y": 1, "width": 5, "height": 5, "rotation": 0, "labels": ["a"]}}
    records, errors = read("label_studio", tasks(tmp_path, task(sound), task(bare)))
    assert errors == []
    assert [(one.label, one.notes) for one in records] == [(None, ("1 labels left out.",))] * 2
    records, errors = read("label_studio", REAL / "boxes_beside_texts.json")
    assert errors == []
    assert [(one.label, one.prediction) for one in records] == [(None, None)] * 3
    assert all("rectanglelabels left out" in " ".join(one.notes) for one in records)
    records, (error,) = read("label_studio", REAL / "choices_of_image.json")
    assert (records, error.number) == ([], 1)
    assert "it has no text" in error.reason


def test_an_export_of_label_studio_itself_and_its_conll_say_the_same() -> None:
    assert READER.recognises(REAL / "ner.json")
    (record,), errors = read("label_studio", REAL / "ner.json")
    (other,), _ = read("conll", REAL / "ner.conll")
    assert errors == []
    assert record.text == other.text == "Ann works at Acme 😀 now"
    of = task_of("PER", "ORG", relations=["works_for"])
    label, again = meant(record.label, record.text, of), meant(other.label, other.text, of)
    places = [[(one["start"], one["end"], one["label"]) for one in value["spans"]] for value in (label, again)]
    assert places[0] == places[1] == [(0, 3, "PER"), (13, 17, "ORG")]
    assert [(one["from"], one["to"], one["label"]) for one in label["relations"]] == [("s1", "s2", "works_for")]
