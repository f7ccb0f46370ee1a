import codecs
from pathlib import Path

import pytest

from exchange.formats import Row, RowError
from exchange.formats.jsonl.reader import JsonlReader
from ground.errors import InvalidInput
from tests.servers import ROOT

READER = JsonlReader()
SAMPLES = ROOT / "tests" / "samples"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_reads_objects_and_passes_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, codecs.BOM_UTF8 + '{"text": "ä"}\r\n\n  \n{"text": "b", "n": 1.5}'.encode())
    assert list(READER.rows(path)) == [Row(1, {"text": "ä"}), Row(4, {"text": "b", "n": 1.5})]
    assert READER.columns(path) == ["text", "n"]


def test_reads_a_real_file() -> None:
    entries = list(READER.rows(SAMPLES / "doccano" / "example.jsonl"))
    assert entries[1] == Row(2, {"text": "exampleB", "labels": ["positive", "negative"], "meta": {"wikiPageID": 2}})


# UTF-8, as more than one character says.
FIRST = ('{"text": "' + "ä" * 20 + '"}').encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": ', "not JSON"),
        (b"[1, 2]", "not an object"),
        (b"5", "not an object"),
        (b"null", "not an object"),
        (b'{"text": "a\\u0000b"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b'{"text": "\\ud800"}', "half of a character"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "more than 50 deep"),
        (b"[" * 100_000 + b"]" * 100_000, "50 deep"),
        (b'{"text": "\xff"}', "byte 0xff at position"),
        (b'{"text": "' + b"a" * 1_000_001 + b'"}', "longer than 1,000,000"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_bad_line_is_reported_by_number_and_the_next_is_read(line: bytes, reason: str, tmp_path: Path) -> None:
    first, bad, last = READER.rows(write(tmp_path, FIRST + b"\n" + line.ljust(1) + b"\n" + b'{"text": "y"}\n'))
    assert first == Row(1, {"text": "ä" * 20})
    assert isinstance(bad, RowError)
    assert bad.number == 2
    if "position" in reason:
        reason = f"position {len(FIRST) + 1 + line.index(0xFF)}"
    assert reason in bad.reason
    assert bad.remedy
    assert last == Row(3, {"text": "y"})


def test_escapes_that_are_fine_stay(tmp_path: Path) -> None:
    assert list(READER.rows(write(tmp_path, r'{"text": "\ud83d\ude42 \u00e4"}'))) == [Row(1, {"text": "🙂 ä"})]


@pytest.mark.parametrize("content", ["", "\n\n", "text\nhello\n", "[1]\n"])
def test_a_file_without_rows_has_no_columns(content: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"neither a JSON array nor an object|contains no rows of JSON Lines"):
        READER.columns(write(tmp_path, content))


LINE = {"utf-8": "ä 漢字", "utf-16": "ä 漢字", "utf-16-le": "ä 漢字", "utf-32": "ä", "cp1252": "café crème à la carte"}


@pytest.mark.parametrize("encoding", LINE)
def test_reads_lines_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path, f'{{"text": "{LINE[encoding]}", "n": 1}}\n{{"text": "b", "n": 2}}\n'.encode(encoding))
    assert list(READER.rows(path)) == [Row(1, {"text": LINE[encoding], "n": 1}), Row(2, {"text": "b", "n": 2})]
    assert list(READER.rows(path, start=1)) == [Row(2, {"text": "b", "n": 2})]


NUMBERS = [
    ("12345678901234567891", 12345678901234567891),
    ("9" * 4_300, int("9" * 4_300)),
    ("9" * 5_000, "9" * 5_000),
    ("1e308", 1e308),
    ("1e999", "1e999"),
    ("-1E-400", "-1E-400"),
    ("0.0e-999", 0.0),
    ("NaN", None),
    ("-Infinity", "-Infinity"),
]


@pytest.mark.parametrize("written", ["lines", "array"])
def test_reads_numbers_of_any_size(written: str, tmp_path: Path) -> None:
    rows = [f'{{"n": {text}, "deep": [{{"n": {text}}}]}}' for text, _ in NUMBERS]
    path = write(tmp_path, "\n".join(rows) if written == "lines" else f"[{', '.join(rows)}]")
    found = [entry.fields if isinstance(entry, Row) else entry for entry in READER.rows(path)]
    assert found == [{"n": number, "deep": [{"n": number}]} for _, number in NUMBERS]


def test_goes_on_after_what_was_read_and_tells_how_much(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(f'{{"n": {number}}}\n' if number % 7 else "broken\n" for number in range(50)))
    whole = list(READER.rows(path))
    assert list(READER.rows(path, start=20)) == whole[20:]
    entries = READER.rows(path)
    list(entries)
    assert entries.bytes_read == path.stat().st_size
