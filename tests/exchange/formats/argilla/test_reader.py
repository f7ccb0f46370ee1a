"""Argilla's records, in the shapes in which its versions write them."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, RawSaid, Record, RowError

READER = FILE_READERS["argilla"]
TEXT = {"text": "hello"}
SHAPES: dict[str, tuple[dict[str, Any], RawSaid | None, RawSaid | None, str]] = {
    "of version 2": (
        {
            "id": "a",
            "status": "completed",
            "fields": TEXT,
            "responses": {"topic": [{"value": "card", "user_id": "u"}]},
            "suggestions": {"topic": {"value": "refund", "score": 0.25, "agent": "m"}},
        },
        RawSaid(["card"]),
        RawSaid(["refund"], 0.25),
        "",
    ),
    "with drafts": (
        {
            "id": "a",
            "fields": TEXT,
            "responses": [
                {"question_name": "topic", "value": "refund", "status": "draft"},
                {"question_name": "topic", "value": "card", "status": "submitted"},
                {"question_name": "topic", "value": "transfer", "status": "discarded"},
            ],
            "suggestions": [],
        },
        RawSaid(["card"]),
        None,
        "",
    ),
    "of datasets": (
        {
            "id": "a",
            "text": "hello",
            "topic.responses": [["card", "refund"], ["card"]],
            "topic.responses.status": ["submitted", "submitted"],
            "topic.suggestion": ["card"],
            "topic.suggestion.score": [0.75],
        },
        RawSaid(["card", "refund"]),
        RawSaid(["card"], 0.75),
        "2 people answered it differently",
    ),
    "of feedback": (
        {
            "external_id": "a",
            "fields": TEXT,
            "responses": [{"status": "submitted", "values": {"topic": {"value": []}}}],
            "suggestions": [{"question_name": "topic", "value": ["card"], "score": None}],
        },
        RawSaid([]),
        RawSaid(["card"]),
        "",
    ),
    "of version 1": (
        {
            "id": "a",
            "text": "hello",
            "annotation": "card",
            "annotation_agent": "u",
            "prediction": [{"label": "card", "score": 0.25}, {"label": "refund", "score": 0.75}],
            "status": "Validated",
        },
        RawSaid(["card"]),
        RawSaid(["refund"], 0.75),
        "",
    ),
    "discarded": (
        {
            "id": "a",
            "text": "hello",
            "annotation": "card",
            "annotation_agent": "u",
            "prediction": [["card", 0.5]],
            "status": "Discarded",
        },
        None,
        RawSaid(["card"], 0.5),
        "",
    ),
    "of several classes": (
        {
            "id": "a",
            "text": "hello",
            "annotation": ["card"],
            "annotation_agent": "u",
            "multi_label": True,
            "prediction": [["card", 0.75], ["refund", 0.25]],
        },
        RawSaid(["card"]),
        RawSaid(["card"], 0.75),
        "",
    ),
    "a text as an answer": (
        {"id": "a", "fields": TEXT, "responses": {"rank": [{"value": [{"value": "x", "rank": 1}]}]}, "suggestions": {}},
        None,
        None,
        "",
    ),
}


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_its_records_are_read(shape: str, lines: bool, tmp_path: Path) -> None:
    fields, label, prediction, note = SHAPES[shape]
    path = tmp_path / "a.json"
    whole = fields | {"metadata": {"channel": "mail"}}
    path.write_text(f"{json.dumps(whole)}\n{json.dumps(whole)}\n" if lines else json.dumps([whole, whole]))
    assert READER.recognises(path)
    for record in READER.rows(path):
        assert isinstance(record, Record)
        assert (record.external_id, record.text, record.metadata) == ("a", "hello", {"channel": "mail"})
        assert (record.label, record.prediction) == (label, prediction)
        assert note in " ".join(record.notes)


def test_a_record_without_a_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"fields": {"image": null}, "responses": {}}\n{"fields": {"body": "x"}, "responses": {}}\n')
    wrong, right = READER.rows(path)
    assert isinstance(wrong, RowError)
    assert "no text field" in wrong.reason
    assert isinstance(right, Record)
    assert right.text == "x"


def test_other_lines_are_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "label": "card", "status": "Validated"}\n')
    assert not READER.recognises(path)
