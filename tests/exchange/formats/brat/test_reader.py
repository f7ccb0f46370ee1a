import zipfile
from pathlib import Path

import pytest

from exchange.formats import FILE_READERS, RawSaid
from ground.errors import InvalidInput
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import elements_of, kept, read

READER = FILE_READERS["brat"]


def packed(folder: Path, **members: str | bytes) -> Path:
    path = folder / "standoff.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


TEXT = "Ann met Bob and\nEve Lee in Rome."


def test_spans_relations_and_attributes_are_read(tmp_path: Path) -> None:
    lines = [
        "T1\tPER 0 3\tAnn",
        "A1\tsure T1",
        "T2\tPER 8 11\tBob",
        "M2\tsure T2 no",
        "R1\tknows Arg1:T1 Arg2:T2\t",
        "T3\tPER 16 23\tEve Lee",
        "T4\tPER 16 19\tEve",
    ]
    path = packed(tmp_path, docs__a_txt=TEXT, docs__a_ann="\n".join(lines), annotation_conf="[entities]\n")
    assert READER.recognises(path)
    (record,), errors = read("brat", path)
    assert errors == []
    assert (record.number, record.external_id, record.text, record.notes) == (1, "docs/a", TEXT, ())
    assert record.label == RawSaid(
        {
            "spans": [
                {"id": "T1", "start": 0, "end": 3, "label": "PER", "attributes": {"sure": "true"}},
                {"id": "T2", "start": 8, "end": 11, "label": "PER", "attributes": {"sure": "no"}},
                {"id": "T3", "start": 16, "end": 23, "label": "PER", "attributes": {}},
                {"id": "T4", "start": 16, "end": 19, "label": "PER", "attributes": {}},
            ],
            "relations": [{"id": "R1", "from": "T1", "to": "T2", "label": "knows"}],
        }
    )
    assert READER.classes(path) == ["PER"]


def test_pieces_become_one_span_and_what_means_nothing_is_told_by_line(tmp_path: Path) -> None:
    lines = [
        "T1\tPER 0 3;8 11\tAnn Bob",
        "T2\tPER 12 15;16 19\tand Eve",
        "T3\tPER 0 3\tBob",
        "E1\tMeet:T1 Who:T2",
        "N1\tReference T1 Wikidata:1\tAnn",
        "*\tEquiv T1 T2",
        "#1\tAnnotatorNotes T1\thello",
        "A1\tsure E1",
        "T4\tPER x 3\tAnn",
        "R1\tknows Arg1:E1 Arg2:T2",
        "nonsense",
        "T1\tPER 0 3\tAnn",
        "T5\t 0 3\tAnn",
        f"T6\tPER 0 {'9' * 5000}\tAnn",
    ]
    (record,), errors = read("brat", packed(tmp_path, a_txt=TEXT, a_ann="\n".join(lines)))
    assert errors == []
    assert [(row["id"], row["start"], row["end"]) for row in elements_of(record.label)] == [
        ("T1", 0, 11),
        ("T2", 12, 19),
        ("T3", 0, 3),
    ]
    expected = ["Line 4, ", "Line 5, ", "Line 6, ", "Line 7, ", "Line 9, ", "Line 10, ", "Line 11, ", "Line 12, "]
    expected += ["Line 13, ", "Line 14, ", "Line 8 was", "T1 has 2 pieces", "T3 quotes 'Bob', and the text has 'Ann'"]
    assert len(record.notes) == len(expected)
    for note, begin in zip(record.notes, expected, strict=True):
        assert note.startswith(f"a.ann: {begin}")


def test_a_text_alone_has_no_label_and_what_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    path = packed(
        tmp_path, a_txt="Alone", b_txt=b"\xff", c_txt="\n", d_txt="Four", d_ann="", e_ann="T1\tPER 0 1\tx", f_txt="\x00"
    )
    records, errors = read("brat", path)
    assert [(one.number, one.text, one.label) for one in records] == [
        (1, "Alone", None),
        (4, "Four", RawSaid({"spans": []})),
    ]
    assert [(one.number, one.field) for one in errors] == [(2, "file"), (3, "file"), (5, "file"), (6, "file")]
    assert "e.ann annotates a text that is missing" in errors[-1].reason


def test_line_ends_of_two_characters_are_counted_as_the_quotes_have_it(tmp_path: Path) -> None:
    text = "Ann\r\nBob\r\n"
    for start, kept_as in [(5, text), (4, "Ann\nBob\n")]:
        (record,), _ = read("brat", packed(tmp_path, a_txt=text, a_ann=f"T1\tPER {start} {start + 3}\tBob"))
        assert record.text == kept_as
        assert record.notes == ()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6" + bytes(18)])
def test_what_is_no_archive_of_texts_is_refused(content: bytes, tmp_path: Path) -> None:
    path = kept(tmp_path, "a.zip", content)
    assert not READER.recognises(path)
    with pytest.raises(InvalidInput):
        READER.columns(path)


def test_real_documents_have_the_spans_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "litbank.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in sorted((SAMPLES / "litbank").iterdir()):
            archive.write(member, member.name)
    assert READER.recognises(path)
    records, errors = read("brat", path)
    assert errors == []
    assert [len(elements_of(record.label)) for record in records] == [90, 75]
    for record in records:
        assert record.notes == ()
        lines = (SAMPLES / "litbank" / f"{record.external_id}.ann").read_text().splitlines()
        for line, row in zip(lines, elements_of(record.label), strict=True):
            name, about, words = line.split("\t")
            assert f"{row['label']} {row['start']} {row['end']}" == about
            assert (row["id"], record.text[row["start"] : row["end"]]) == (name, words)
