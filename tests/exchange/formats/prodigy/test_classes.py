"""Prodigy's answers about whole texts: what was accepted is a label, what was rejected or ignored is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, RawSaid, Record, RowError

READER = FILE_READERS["prodigy_classes"]
OPTIONS = [{"id": "card", "text": "Card"}, {"id": "refund", "text": "Refund"}]
SEVERAL = {"choice_style": "multiple"}


def read(folder: Path, **fields: Any) -> Any:
    path = folder / "a.jsonl"
    path.write_text(json.dumps({"text": "hello", "_task_hash": 1, "meta": {"from": "mail"}, **fields}) + "\n")
    assert READER.recognises(path)
    (entry,) = READER.rows(path)
    return entry


@pytest.mark.parametrize(
    ("fields", "label", "note"),
    [
        ({"label": "card", "answer": "accept"}, RawSaid(["card"]), ""),
        ({"label": 1, "answer": "accept"}, RawSaid(["1"]), ""),
        ({"label": "card", "answer": "reject"}, None, "It was rejected as card"),
        ({"label": "card", "answer": "ignore"}, None, "ignored"),
        ({"label": "card"}, RawSaid(["card"]), ""),
        ({"options": OPTIONS, "accept": ["card"], "answer": "accept"}, RawSaid(["card"]), ""),
        ({"options": OPTIONS, "accept": ["card", "refund"], "answer": "accept"}, RawSaid(["card", "refund"]), ""),
        ({"options": OPTIONS, "accept": ["card"], "answer": "reject"}, None, "It was rejected"),
        ({"options": OPTIONS, "accept": ["card"], "answer": "ignore"}, None, "ignored"),
        ({"options": OPTIONS, "accept": [], "answer": "accept"}, None, "Nothing was chosen"),
        ({"options": OPTIONS, "accept": [], "answer": "accept", "config": SEVERAL}, RawSaid([]), ""),
        ({"options": OPTIONS}, None, ""),
    ],
)
def test_the_answer_says_what_a_line_is(
    fields: dict[str, Any], label: RawSaid | None, note: str, tmp_path: Path
) -> None:
    record = read(tmp_path, **fields)
    assert isinstance(record, Record)
    assert (record.text, record.label, record.prediction) == ("hello", label, None)
    assert note in " ".join(record.notes)
    assert bool(record.notes) is bool(note)
    assert record.metadata == {"from": "mail"}


@pytest.mark.parametrize(
    "fields", [{"label": "a", "answer": "maybe"}, {"label": ["a"], "answer": "accept"}, {"options": [], "accept": [{}]}]
)
def test_a_line_that_cannot_be_read_is_told(fields: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"text": "x", "_task_hash": 1, **fields}, {"text": "y", "_task_hash": 1, "label": "b", "answer": "accept"}]
    path.write_text("\n".join(map(json.dumps, lines)))
    wrong, right = READER.rows(path)
    assert isinstance(wrong, RowError)
    assert isinstance(right, Record)
    assert READER.classes(path) == ["b"]
