import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, RawSaid
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import elements_of, kept, meant, read, span, task_of

READER = FILE_READERS["prodigy"]
REAL = SAMPLES / "prodigy"
SAID = RawSaid({"spans": [{"id": "s1", **span(0, 3)}]})


def lines(folder: Path, *rows: dict[str, Any]) -> Path:
    return kept(folder, "a.jsonl", "\n".join(map(json.dumps, rows)))


def row(**more: Any) -> dict[str, Any]:
    return {
        "text": "Ann Lee",
        "spans": [{"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0}],
    } | more


@pytest.mark.parametrize(
    ("more", "label", "prediction", "told"),
    [
        ({"answer": "accept"}, SAID, None, ""),
        ({"answer": "accept", "_view_id": "ner_manual"}, SAID, None, ""),
        ({"answer": "accept", "_view_id": "ner"}, None, SAID, "without a check that it is complete"),
        ({"answer": "accept", "_view_id": "spans"}, None, SAID, "without a check that it is complete"),
        ({"answer": "accept", "_view_id": "classification", "label": "mood"}, None, None, "the whole text"),
        ({"answer": "accept", "label": "mood"}, None, None, "the whole text"),
        ({"answer": "accept", "_view_id": "choice", "options": [], "accept": ["mood"]}, None, None, "the whole text"),
        ({"answer": "reject"}, None, SAID, "rejected"),
        ({"answer": "ignore"}, None, None, "ignored"),
        ({"_task_hash": 5}, SAID, None, ""),
        ({"answer": "accept", "spans": []}, RawSaid({"spans": []}), None, ""),
    ],
)
def test_the_answer_says_what_a_line_is(
    more: dict[str, Any], label: Any, prediction: Any, told: str, tmp_path: Path
) -> None:
    path = lines(tmp_path, row(**more))
    assert READER.recognises(path)
    (record,), errors = read("prodigy", path)
    assert errors == []
    assert (record.label, record.prediction) == (label, prediction)
    assert bool(record.notes) == bool(told)
    assert told in " ".join(record.notes)


def test_meta_is_metadata_and_a_text_alone_has_no_label(tmp_path: Path) -> None:
    records, _ = read("prodigy", lines(tmp_path, {"text": "a", "meta": {"page": 2}}, {"text": "b", "meta": 5}))
    assert [(one.label, one.prediction, one.metadata) for one in records] == [
        (None, None, {"page": 2}),
        (None, None, {"meta": 5}),
    ]


def test_a_bad_line_costs_itself(tmp_path: Path) -> None:
    records, errors = read(
        "prodigy", lines(tmp_path, row(answer="maybe"), row(spans=5), {"spans": []}, row(text=""), row(answer="accept"))
    )
    assert [one.number for one in records] == [5]
    assert [one.number for one in errors] == [1, 2, 3, 4]
    assert "accept, reject, ignore" in errors[0].reason


def test_relations_join_the_spans_that_their_tokens_belong_to(tmp_path: Path) -> None:
    tokens = [{"text": "Ann", "start": 0, "end": 3, "id": 0}, {"text": "Lee", "start": 4, "end": 7, "id": 1}]
    spans = [{"start": 0, "end": 7, "label": "PER"}, {"start": 4, "end": 7, "label": "LOC"}]
    relations: list[Any] = [
        {"head": 0, "child": 1, "label": "part of"},
        {"head": 1, "child": 0, "label": "part of", "head_span": {"start": 0, "end": 7, "label": "PER"}},
        {"head": 1, "child": 1, "label": "part of", "child_span": {"start": 0, "end": 3, "label": "PER"}},
        {"head": 9, "child": 1, "label": "part of"},
        {"head": [], "child": {}, "label": "part of", "head_span": {"start": [], "end": {}, "label": []}},
        "nonsense",
    ]
    (record,), errors = read("prodigy", lines(tmp_path, row(tokens=tokens, spans=spans, relations=relations)))
    assert errors == []
    assert [(one["id"], one["start"], one["end"]) for one in elements_of(record.label)] == [
        ("s1", 0, 7),
        ("s2", 4, 7),
        ("s3", 0, 3),
    ]
    assert [(one["from"], one["to"]) for one in elements_of(record.label, "relations")] == [
        ("s1", "s2"),
        ("s1", "s1"),
        ("s2", "s3"),
    ]
    assert [note.split(":")[0] for note in record.notes] == ["Relation 4", "Relation 5", "Relation 6"]


def test_real_lines_have_their_spans() -> None:
    path = REAL / "fashion_brands.jsonl"
    assert READER.recognises(path)
    assert not FILE_READERS["doccano"].recognises(path)
    records, errors = read("prodigy", path)
    assert (len(records), errors) == (20, [])
    for record, line in zip(records, path.read_text().splitlines(), strict=True):
        told = json.loads(line)
        label = meant(record.label, record.text, task_of("FASHION_BRAND"))
        assert (record.text, record.metadata) == (told["text"], told["meta"])
        # Its tokens tell the same places another way; their last one is inclusive.
        tokens = told["tokens"]
        by_tokens = [(tokens[one["token_start"]]["start"], tokens[one["token_end"]]["end"]) for one in told["spans"]]
        assert [(one["start"], one["end"]) for one in label["spans"]] == by_tokens


def test_real_relations_join_the_words_that_they_name() -> None:
    path = REAL / "relations.jsonl"
    records, errors = read("prodigy", path)
    assert (len(records), errors) == (8, [])
    names = ["Pos-Reg", "Reg", "Neg-Reg", "Binds", "No-rel"]
    joined = 0
    for record, line in zip(records, path.read_text().splitlines(), strict=True):
        told = json.loads(line)
        assert record.notes == ()
        label = meant(record.label, record.text, task_of("GGP", relations=names))
        where = {one["id"]: (one["start"], one["end"]) for one in label["spans"]}
        found = sorted((where[one["from"]], where[one["to"]], one["label"]) for one in label["relations"])
        tokens = {one["id"]: one for one in told["tokens"]}
        heads = sorted(
            ((tokens[one["head_span"]["token_start"]]["start"], tokens[one["head"]]["end"]),
             (tokens[one["child_span"]["token_start"]]["start"], tokens[one["child"]]["end"]), one["label"])
            for one in told["relations"]
        )  # fmt: skip
        assert found == heads
        joined += len(found)
    assert joined > 20
