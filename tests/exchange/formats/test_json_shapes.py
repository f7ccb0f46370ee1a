"""JSON in the shapes that programs give to tables, under whatever name."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, Row, RowError
from exchange.formats.choosing import candidates, recognised
from exchange.formats.json import documents
from exchange.formats.json.reader import JsonReader
from ground.errors import InvalidInput

ROWS = [{"text": "hello", "label": "card"}, {"text": "hi", "label": "refund"}]
SPLITS = [ROWS[0] | {"split": "train"}, ROWS[1] | {"split": "test"}]
SHAPES: dict[str, tuple[Any, Any]] = {
    "records": (ROWS, ROWS),
    "texts": (["hello", "hi"], [{"text": "hello"}, {"text": "hi"}]),
    "pairs": ([["hello", "card"], ["hi", "refund"]], ROWS),
    "lists": ([["a", 1, "x"]], [{"column 1": "a", "column 2": 1, "column 3": "x"}]),
    "data": ({"version": 1, "data": ROWS, "more": [1]}, ROWS),
    "items": ({"items": ["hello", "hi"]}, [{"text": "hello"}, {"text": "hi"}]),
    "split": ({"columns": ["text", "label"], "index": [0, 1], "data": [["hello", "card"], ["hi", "refund"]]}, ROWS),
    "columns": ({"text": {"0": "hello", "1": "hi"}, "label": {"0": "card", "1": "refund"}}, ROWS),
    "gaps": ({"text": {"0": "hello", "1": "hi"}, "label": {"1": "refund"}}, [{"text": "hello"}, ROWS[1]]),
    "index": ({"0": ROWS[0], "1": ROWS[1]}, ROWS),
    "by id": ({"a": ROWS[0], "b": ROWS[1]}, [ROWS[0] | {"id": "a"}, ROWS[1] | {"id": "b"}]),
    "dict of lists": ({"text": ["hello", "hi"], "label": ["card", "refund"]}, ROWS),
    "table": ({"schema": {"fields": []}, "data": ROWS}, ROWS),
    "splits": ({"train": [["hello", "card"]], "test": [["hi", "refund"]]}, SPLITS),
    "splits of records": ({"train": ROWS[:1], "test": ROWS[1:]}, SPLITS),
    "named list": ({"name": "intents", "utterances": ROWS}, [row | {"split": "utterances"} for row in ROWS]),
    "one row": ({"text": "hello", "tokens": [{"id": 1}]}, [{"text": "hello", "tokens": [{"id": 1}]}]),
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_reads_what_programs_write(shape: str, indent: int | None, tmp_path: Path) -> None:
    document, rows = SHAPES[shape]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document, indent=indent))
    found = list(JsonReader().rows(path))
    assert [entry.fields if isinstance(entry, Row) else entry for entry in found] == rows
    assert list(JsonReader().rows(path, start=1)) == found[1:]
    assert recognised(path, path.name, texts()) in {"json", "jsonl"}


def texts() -> Any:
    return candidates(FILE_READERS, stores="text", task_kind="classification")


@pytest.mark.parametrize("shape", ["data", "items", "table", "splits", "splits of records", "named list"])
def test_objects_that_are_too_large_to_be_held_are_read_as_a_stream(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, rows = SHAPES[shape]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    monkeypatch.setattr(documents, "_MOST_WHOLE", 0)
    found = [entry.fields for entry in JsonReader().rows(path) if isinstance(entry, Row)]
    assert found == rows


def test_an_element_of_another_shape_than_the_first_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(["hello", {"text": "hi"}, "last"]))
    first, wrong, last = JsonReader().rows(path)
    assert (first, last) == (Row(1, {"text": "hello"}), Row(3, {"text": "last"}))
    assert isinstance(wrong, RowError)
    assert "not a text, as the others are" in wrong.reason
    path.write_text(json.dumps({"columns": ["text", "label"], "data": [["hello", "card"], ["hi"]]}))
    first, wrong = JsonReader().rows(path)
    assert isinstance(wrong, RowError)
    assert "it has 1 values, and there are 2 columns" in wrong.reason


@pytest.mark.parametrize("content", ["{}", '{"n": [1, 2], "m": 3}'])
def test_an_object_without_rows_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(InvalidInput, match="contains no rows of JSON"):
        JsonReader().columns(path)


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.json", '{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        ("a.jsonl", '[{"text": "a"},\n{"text": "b"}]', "json"),
        ("a.csv", '{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        ("a", '{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        ("a.dat", '[{"text": "a"}]', "json"),
        ("a", "id\ttext\n1\ta\n2\tb\n", "csv"),
        ("a.text", "id;text\n1;a\n2;b\n", "csv"),
        ("a.md", "one line\nand another\n", "text"),
        ("a.txt", "id\ttext\n1\ta\n", "text"),
        ("a.json", "text,label\na,b\n", "csv"),
        ("a.json", "not JSON at all", "jsonl"),
        ("a.csv", "", "csv"),
        ("a.xyz", "\x00\x01\x02\x03" * 100, None),
    ],
)
def test_what_a_file_holds_tells_its_format(name: str, content: str, format: str | None, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(content)
    assert recognised(path, name, texts()) == format


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "text"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32-be"])
def test_a_file_that_breaks_off_within_a_letter_is_refused(format: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes('{"text": "a"}\n{"text": "b"}\n'.encode(encoding)[:-1])
    reader: Any = FILE_READERS[format]
    with pytest.raises(InvalidInput):
        list(reader.chosen({"encoding": encoding}).rows(path))
    assert recognised(path, "a.json", texts()) in {None, "csv", "json", "jsonl", "text"}
