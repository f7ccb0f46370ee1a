import codecs
import csv
import io
import random
from pathlib import Path

import pytest

from exchange.formats import Row, RowError
from exchange.formats.csv.reader import CsvReader
from ground.errors import InvalidInput
from tests.servers import ROOT

READER = CsvReader()
SAMPLES = ROOT / "tests" / "samples"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter(delimiter: str, tmp_path: Path) -> None:
    lines = [["id", "text", "label"], ["1", f'"a, b; c{delimiter} d"', "x"], ["2", "plain", "y"]]
    path = write(tmp_path, "\n".join(delimiter.join(line) for line in lines))
    assert READER.columns(path) == ["id", "text", "label"]
    assert list(READER.rows(path)) == [
        Row(2, {"id": "1", "text": f"a, b; c{delimiter} d", "label": "x"}),
        Row(3, {"id": "2", "text": "plain", "label": "y"}),
    ]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "text\nhello there\nwell; then | so\n")
    assert [entry.fields["text"] for entry in READER.rows(path) if isinstance(entry, Row)] == [
        "hello there",
        "well; then | so",
    ]


@pytest.mark.parametrize(
    "encoded",
    [
        "text\nöffnet 漢字 🙂\n".encode(),
        codecs.BOM_UTF8 + "text\nöffnet 漢字 🙂\n".encode(),
        codecs.BOM_UTF16_LE + "text\nöffnet 漢字 🙂\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "text\r\nöffnet 漢字 🙂\r\n".encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8-mark", "utf-16-le", "utf-16-be"],
)
def test_reads_these_encodings(encoded: bytes, tmp_path: Path) -> None:
    assert list(READER.rows(write(tmp_path, encoded))) == [Row(2, {"text": "öffnet 漢字 🙂"})]


def test_reads_a_real_utf_16_file() -> None:
    entries = list(READER.rows(SAMPLES / "doccano" / "example.utf16.csv"))
    assert entries[0] == Row(2, {"text": "AAA", "label": "Positive"})
    assert len(entries) == 3


def test_another_encoding_is_refused_by_byte_line_and_remedy_before_the_first_row() -> None:
    path = SAMPLES / "snips" / "play_music.csv"
    raw = path.read_bytes()
    position = next(index for index, byte in enumerate(raw) if byte > 127)
    with pytest.raises(InvalidInput) as caught:
        next(READER.rows(path))
    assert f"byte 0x{raw[position]:02x} at position {position:,}" in caught.value.message
    assert f"in line {raw[:position].count(10) + 1}." in caught.value.message
    assert "Save it as UTF-8" in caught.value.message
    with pytest.raises(InvalidInput):
        READER.columns(path)


def test_a_wrong_byte_far_into_the_file_is_found_before_the_first_row(tmp_path: Path) -> None:
    line = "ä" * 50 + "\n"
    good = ("text\n" + line * 30_000).encode()
    with pytest.raises(InvalidInput, match=rf"position {len(good) + 3:,}, in line 30,002"):
        next(READER.rows(write(tmp_path, good + b"abc\xff\n")))


def test_a_real_file_with_a_ragged_row_keeps_the_others() -> None:
    entries = list(READER.rows(SAMPLES / "doccano" / "example.invalid.2.csv"))
    assert [type(entry) for entry in entries] == [RowError, Row, Row]
    assert entries[0].number == 2
    assert "3 values; the header names 2" in getattr(entries[0], "reason", "")


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("a\x00b,x", "text", "NUL"),
        ("a,b,c", "", "3 values"),
        ('"a"b, c,x', "", "cannot be read"),
        ("a" * 1_000_001 + ",x", "", "longer than 1,000,000"),
        ("a," * 2_100_000, "", "longer than 4,000,000"),
    ],
    ids=["nul", "long", "quotes", "value", "line"],
)
def test_a_bad_row_is_reported_and_the_next_is_read(line: str, field: str, reason: str, tmp_path: Path) -> None:
    first, bad, last = READER.rows(write(tmp_path, f"text,label\ngood,x\n{line}\nfine,y\n"))
    assert first == Row(2, {"text": "good", "label": "x"})
    assert isinstance(bad, RowError)
    assert (bad.number, bad.field) == (3, field)
    assert reason in bad.reason
    assert bad.remedy
    assert last == Row(4, {"text": "fine", "label": "y"})


QUOTED = 'text,label\n"well, quoted",x\n'


def test_a_quote_that_is_never_closed_costs_no_other_line(tmp_path: Path) -> None:
    path = write(tmp_path, QUOTED + '"open,y\nlost,z\n' + "last,w\n" * 40_000)
    first, odd, *others = READER.rows(path)
    assert first == Row(2, {"text": "well, quoted", "label": "x"})
    assert isinstance(odd, Row)
    assert (odd.number, odd.fields) == (3, {"text": '"open', "label": "y"})
    assert "a quote that is opened in line 3 is never closed" in odd.notes[0]
    assert others[0] == Row(4, {"text": "lost", "label": "z"})
    assert len(others) == 40_001


def test_a_line_whose_quotes_make_no_sense_is_read_as_it_stands_where_it_falls_into_cells(tmp_path: Path) -> None:
    rows = list(READER.rows(write(tmp_path, QUOTED + '"15" screen, broken\nlast,z\n')))
    assert rows[1].fields == {"text": '"15" screen', "label": " broken"}
    assert "Its quotes were read as letters" in rows[1].notes[0]
    assert rows[2] == Row(4, {"text": "last", "label": "z"})


def test_a_record_that_may_have_swallowed_lines_is_told_with_the_lines(tmp_path: Path) -> None:
    swallowing = '"I want it back,x\nwhere is it,y\nthe screen is 15",z\n'
    # Quotes that were right before make it believable.
    rows = list(READER.rows(write(tmp_path, QUOTED + swallowing + "last,w\n")))
    assert [row.number for row in rows] == [2, 3, 6]
    assert "one row of the lines 3 to 5, each of which could be a row of its own" in rows[1].notes[0]
    # Where nothing is quoted, a quote is an inch mark.
    rows = list(READER.rows(write(tmp_path, "text,label\n" + "plain,a\n" * 20_000 + swallowing + "last,w\n")))
    assert len(rows) == 20_004
    assert rows[-4].fields == {"text": '"I want it back', "label": "x"}
    assert "opened in line 20,002 is closed in line 20,004 only" in rows[-4].notes[0]
    assert [row.number for row in rows[-3:]] == [20_003, 20_004, 20_005]


def test_a_row_of_many_lines_with_too_many_cells_is_told_with_its_lines(tmp_path: Path) -> None:
    path = write(tmp_path, QUOTED + '"two\nlines",x,y,"more\nof it"\nlast,z\n')
    _, wrong, last = READER.rows(path)
    assert isinstance(wrong, RowError)
    assert wrong.reason == "The row in the lines 3 to 5 has 4 values; the header names 2 columns."
    assert last == Row(6, {"text": "last", "label": "z"})


def test_lines_are_counted_and_not_records(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\r\n"two\r\nlines, and ""more""",x\r\n\r\n,,\r\nlast,y\r\na,b,c\r\n')
    two, last, wrong = READER.rows(path)
    assert two == Row(2, {"text": 'two\r\nlines, and "more"', "label": "x"})
    assert last == Row(6, {"text": "last", "label": "y"})
    assert wrong.number == 7


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('id\ttext\na\t"Best buy" they said\nb\tno "quotes\n', ['"Best buy" they said', 'no "quotes']),
        ('id\ttext\na\t"two\nlines\tand ""tab"""\nb\tplain\n', ['two\nlines\tand "tab"', "plain"]),
        ('id,text\na,"she said \\"no, never\\" twice"\nb,C:\\new\n', ['she said "no, never" twice', "C:\\new"]),
        ('id,text\na,"a \\"b\\\\"\nb,"c, d"\n', ['a "b\\', "c, d"]),
        ("sep=;\nid;text\n1;a,b\n2;c\n", ["a,b", "c"]),
        ('"sep=|"\r\nid|text\r\n1|a;b\r\n2|c\r\n', ["a;b", "c"]),
        ('text\nhello, world\nno comma\n"a, b"\n', ["hello, world", "no comma", "a, b"]),
        ("id,text\r1,old mac\r2,second\r", ["old mac", "second"]),
        ("id,text,note\n1,short\n2,long,,,\n3,full,x\n", ["short", "long", "full"]),
    ],
    ids=[
        "no quotes",
        "quotes",
        "backslashes",
        "backslashes in backslashes",
        "sep",
        "quoted sep",
        "one",
        "mac",
        "short",
    ],
)
def test_tells_from_the_beginning_how_a_table_is_written(content: str, rows: list[str], tmp_path: Path) -> None:
    entries = list(READER.rows(write(tmp_path, content)))
    assert [entry.fields["text"] if isinstance(entry, Row) else entry for entry in entries] == rows
    assert not any(entry.notes for entry in entries if isinstance(entry, Row))


def test_a_file_that_is_written_well_is_read_as_python_reads_it(tmp_path: Path) -> None:
    """Against the reader of the standard library, whatever stands in the cells."""
    pieces = ['"', ",", "\n", "\r\n", "'", "\\", "a", "ä ", ";", "\t", '""', "|", "="]
    for seed in range(300):
        chance = random.Random(seed)
        rows = [["x".join(chance.choices(pieces, k=chance.randint(1, 4))) for _ in range(3)] for _ in range(20)]
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\r\n").writerows([["a", "b", "c"], ["1", "2", "plain, comma"], *rows])
        entries = list(READER.rows(write(tmp_path, stream.getvalue())))
        assert [list(entry.fields.values()) if isinstance(entry, Row) else entry for entry in entries][1:] == rows, seed


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "no header"), ("\n\n", "no header"), ("a,b,a\n1,2,3\n", "'a' more than once"), ("a\x00,b\n", "NUL")],
)
def test_a_header_is_needed(content: str, says: str, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InvalidInput, match=says):
        READER.columns(path)
    with pytest.raises(InvalidInput, match=says):
        next(READER.rows(path))


def test_a_nameless_column_is_called_by_its_place(tmp_path: Path) -> None:
    assert READER.columns(write(tmp_path, ",text\n0,a\n")) == ["column 1", "text"]


def test_goes_on_after_what_was_read(tmp_path: Path) -> None:
    path = write(tmp_path, "text\n" + "".join(f"row {number}\n" for number in range(50)))
    whole = list(READER.rows(path))
    assert list(READER.rows(path, start=20)) == whole[20:]
    assert list(READER.rows(path, start=99)) == []
    assert READER.preview(path, 3) == whole[:3]


def test_tells_how_much_was_read(tmp_path: Path) -> None:
    path = write(tmp_path, "text\n" + "".join(f"row {number}\n" for number in range(5_000)))
    entries = READER.rows(path)
    assert entries.bytes_read == 0
    next(entries)
    assert 0 < entries.bytes_read < path.stat().st_size
    assert len(list(entries)) == 4_999
    assert entries.bytes_read == path.stat().st_size


def test_a_header_of_very_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{number}" for number in range(200_000)) + "\n")
    with pytest.raises(InvalidInput, match="names 200,000 columns; at most 5,000 are supported"):
        CsvReader().columns(path)
