import json
from pathlib import Path

import pytest

from exchange.formats import FILE_READERS, RawSaid, Record
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import elements_of, kept, meant, read, span, task_of

READER = FILE_READERS["doccano"]
REAL = SAMPLES / "doccano"


def test_triples_and_objects_are_read_and_what_else_there_is_becomes_metadata(tmp_path: Path) -> None:
    rows = [
        {"id": 3, "text": "Ann Lee", "label": [[0, 3, "PER"]], "Comments": ["sure?"], "page": 2},
        {"id": 4, "data": "Ann Lee", "label": [[0, 3, "PER"], [0, 7, "PER"]], "Comments": []},
        {
            "text": "Ann Lee",
            "entities": [{"id": 0, "start_offset": 0, "end_offset": 3, "label": "PER", "score": 0.5}],
            "relations": [{"id": 0, "from_id": 0, "to_id": 0, "type": "part_of"}],
        },
        {"text": "none", "entities": [], "label": [[0, 1, "PER"]]},
        {"text": "unsaid", "external_id": "x", "label": None},
    ]
    path = kept(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert READER.recognises(path)
    records, errors = read("doccano", path)
    assert errors == []
    assert [one.label for one in records] == [
        RawSaid({"spans": [span(0, 3)]}),
        RawSaid({"spans": [span(0, 3), span(0, 7)]}),
        RawSaid(
            {
                "spans": [{"id": 0, "start": 0, "end": 3, "label": "PER", "score": 0.5}],
                "relations": [{"from": 0, "to": 0, "label": "part_of"}],
            }
        ),
        RawSaid({"spans": [span(0, 1)]}),
        None,
    ]
    assert [one.external_id for one in records] == ["", "", "", "", "x"]
    first = {"Comments": ["sure?"], "page": 2, "doccano_id": 3}
    assert [one.metadata for one in records] == [first, {"doccano_id": 4}, {}, {}, {}]


def test_a_bad_line_costs_itself_and_a_bad_entity_is_for_the_value_to_tell(tmp_path: Path) -> None:
    rows = [
        '{"text": "a", "entities": [5, {"label": "PER"}, [1, 2]], "relations": [5]}',
        '{"text": 5, "label": []}',
        '{"text": "b", "label": "PER"}',
        "nonsense",
        '{"text": "c", "label": [[0, 1, "PER"]]}',
    ]
    records, errors = read("doccano", kept(tmp_path, "a.jsonl", "\n".join(rows)))
    assert [(one.number, one.text) for one in records] == [(1, "a"), (5, "c")]
    assert records[0].label == RawSaid({"spans": [5, {"label": "PER"}, [1, 2]], "relations": [5]})
    assert [one.number for one in errors] == [2, 3, 4]


def test_who_gave_the_whole_text_a_class_has_not_looked_for_spans(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "label": ["positive", "short"]},
        {"text": "b", "label": ["positive", [0, 1, "PER"]]},
        {"text": "c", "label": []},
    ]
    records, errors = read("doccano", kept(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert errors == []
    assert [one.label for one in records] == [None, RawSaid({"spans": [span(0, 1)]}), RawSaid({"spans": []})]
    assert [one.notes for one in records] == [
        ("2 labels about the whole text left out.",),
        ("1 label about the whole text left out.",),
        (),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"text": "a", "spans": [{"start": 0, "end": 1, "label": "PER"}], "entities": []},
        {"text": "a", "label": ["positive"]},
        {"text": "a", "label": "positive"},
        {"entities": [[0, 1, "PER"]]},
    ],
)
def test_lines_of_other_formats_are_not_taken_for_it(row: object, tmp_path: Path) -> None:
    assert not READER.recognises(kept(tmp_path, "a.jsonl", json.dumps(row)))


@pytest.mark.parametrize(
    ("name", "known", "wrong"),
    [
        ("spans.jsonl", 2, [3]),
        ("relations.jsonl", 1, []),
        ("overlapping.jsonl", 1, []),
        ("intent.jsonl", 4, [5]),
        ("exported.jsonl", 3, []),
    ],
)
def test_its_own_files_are_read_as_they_say(name: str, known: int, wrong: list[int]) -> None:
    path = REAL / name
    assert READER.recognises(path)
    records, errors = read("doccano", path)
    assert (len(records), [one.number for one in errors]) == (known, wrong)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        row = rows[record.number - 1]
        listed = row.get("entities", row.get("label"))
        assert (record.label is None) == (listed is None)
        if record.label is not None:
            there = [list(one.values())[1:] if isinstance(one, dict) else one for one in listed]
            assert [[one["start"], one["end"], one["label"]] for one in elements_of(record.label)] == there


def test_its_relations_are_read() -> None:
    (record,), _ = read("doccano", REAL / "relations.jsonl")
    task = task_of("ORG", "DATE", "PERSON", relations=["foundedAt", "foundedBy"])
    told = meant(record.label, record.text, task)
    words = {one["id"]: record.text[one["start"] : one["end"]] for one in told["spans"]}
    assert [(words[one["from"]], one["label"], words[one["to"]]) for one in told["relations"]] == [
        ("Google", "foundedAt", "September 4, 1998"),
        ("Google", "foundedBy", "Larry Page"),
        ("Google", "foundedBy", "Sergey Brin"),
    ]


def test_one_object_over_many_lines_is_read() -> None:
    path = REAL / "not_lines.jsonl"
    assert READER.recognises(path)
    (record,) = READER.rows(path)
    assert isinstance(record, Record)
    assert record.label is not None
    assert record.text.startswith("Google was founded")
