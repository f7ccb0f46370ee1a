from pathlib import Path

import pytest

from exchange.formats import Row, RowError
from exchange.formats.json.reader import JsonReader
from exchange.formats.text.reader import TextReader
from ground.errors import InvalidInput
from tests.servers import ROOT

JSON, TEXT = JsonReader(), TextReader()
SAMPLES = ROOT / "tests" / "samples"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        '[{"text": "a", "n": {"x": [1, 2.5, null]}}, {"text": "b"}]',
        '  {"version": 1, "data": [{"text": "a", "n": {"x": [1, 2.5, null]}}, {"text": "b"}], "more": {"data": [5]}}',
        b'\xef\xbb\xbf[{"text": "a", "n": {"x": [1, 2.5, null]}}, {"text": "b"}]',
    ],
)
def test_reads_an_array_or_the_data_of_an_object(content: str | bytes, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    assert list(JSON.rows(path)) == [Row(1, {"text": "a", "n": {"x": [1, 2.5, None]}}), Row(2, {"text": "b"})]
    assert JSON.columns(path) == ["text", "n", "n.x"]
    assert list(JSON.rows(path, start=1)) == [Row(2, {"text": "b"})]


def test_reads_a_real_file() -> None:
    assert len(list(JSON.rows(SAMPLES / "doccano" / "example.json"))) == 4


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("5", "not an object"),
        ("[1]", "not an object"),
        ("[" * 2_000 + "]" * 2_000, "too deep"),
        ("null", "not an object"),
        ('"text"', "not an object"),
        (r'{"text": "\u0000"}', "NUL"),
        ('{"a":' * 60 + "1" + "}" * 60, "more than 50 deep"),
        ('{"a": [' + r'"a\\\"[",' * 200_001 + "1]}", "more than 1,000,000 characters"),
        ('"' + r"]\\" * 400_000 + '"', "more than 1,000,000 characters"),
    ],
    ids=["number", "list", "bottomless", "null", "text", "nul", "deep", "large", "long"],
)
def test_a_bad_element_is_reported_and_the_next_is_read(element: str, reason: str, tmp_path: Path) -> None:
    first, bad, last = JSON.rows(write(tmp_path, f'[{{"n": 1}}, {element}, {{"n": 3}}]'))
    assert first == Row(1, {"n": 1})
    assert isinstance(bad, RowError)
    assert bad.number == 2
    assert reason in bad.reason
    assert last == Row(3, {"n": 3})


def test_what_came_before_the_end_of_json_is_kept(tmp_path: Path) -> None:
    for broken in ('[{"n": 1}, {"n": ', '[{"n": 1}, {"n": oh}]', '[{"n": 1} {"n": 2}]', '{"data": [{"n": 1}, {"n": 2'):
        first, bad = JSON.rows(write(tmp_path, broken))
        assert first == Row(1, {"n": 1})
        assert isinstance(bad, RowError)
        assert bad.number == 2
        assert "From here on" in bad.reason


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "neither a JSON array"),
        ("hello", "neither a JSON array"),
        ("[]", "empty"),
        ('{"items": []}', "empty"),
        ("[1]", "not an object"),
        ('[{"text": "äöü öäü öäü ß'.encode() + b'\xe9"}]', "byte 0xe9 at position 34"),
    ],
)
def test_a_file_without_objects_is_refused(content: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=says):
        JSON.columns(write(tmp_path, content))


def test_a_text_file_is_one_item_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufefffirst\r\n\n  second, with comma \nthi\x00rd\n" + "a" * 1_000_001 + "\nlast")
    entries = list(TEXT.rows(path))
    assert entries[:2] == [Row(1, {"text": "first"}), Row(3, {"text": "second, with comma"})]
    assert [type(entry) for entry in entries[2:]] == [RowError, RowError, Row]
    assert entries[4] == Row(6, {"text": "last"})
    assert TEXT.columns(path) == ["text"]
    assert list(TEXT.rows(path, start=1)) == entries[1:]
    assert TEXT.preview(path, 1) == entries[:1]


def test_a_text_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    (only,) = TEXT.rows(write(tmp_path, "a" * 9_000_000))
    assert isinstance(only, RowError)


def test_a_text_file_may_be_in_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, b"caf\xe9 cr\xe8me\nlast")
    assert list(TEXT.rows(path)) == [Row(1, {"text": "café crème"}), Row(2, {"text": "last"})]
    japanese = write(tmp_path, "返金してください\nカード".encode("cp932"))
    read = [entry.fields["text"] for entry in TextReader("cp932").rows(japanese) if isinstance(entry, Row)]
    assert read == ["返金してください", "カード"]
    with pytest.raises(InvalidInput, match="not text in the encoding UTF-16, little-endian"):
        TextReader("utf-16-le").columns(japanese)
