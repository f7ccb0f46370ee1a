from pathlib import Path

import pytest

from exchange.formats import FILE_READERS, RawSaid
from ground.errors import InvalidInput
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import elements_of, kept, read, span

READER = FILE_READERS["conll"]


def spans_of(folder: Path, content: str) -> list[tuple[str, list[tuple[str, str]]]]:
    records, errors = read("conll", kept(folder, "a.conll", content))
    assert errors == []
    return [
        (one.text, [(one.text[row["start"] : row["end"]], row["label"]) for row in elements_of(one.label)])
        for one in records
    ]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-PER I-PER O I-ORG B-ORG I-ORG I-PER"),
        ("IOB2", "B-PER I-PER O B-ORG B-ORG I-ORG B-PER"),
        ("BIOES", "B-PER E-PER O S-ORG B-ORG E-ORG S-PER"),
        ("BILOU", "B-PER L-PER O U-ORG B-ORG L-ORG U-PER"),
        ("BMES", "B-PER E-PER O S-ORG B-ORG E-ORG S-PER"),
    ],
)
@pytest.mark.parametrize("between", [" ", "\t", "  "])
def test_every_scheme_says_the_same(scheme: str, tags: str, between: str, tmp_path: Path) -> None:
    words = ["Ann", "Lee", "of", "Acme", "Big", "Corp", "Bob"]
    lines = "\n".join(f"{word}{between}{tag}" for word, tag in zip(words, tags.split(), strict=True))
    told = [("Ann Lee", "PER"), ("Acme", "ORG"), ("Big Corp", "ORG"), ("Bob", "PER")]
    assert spans_of(tmp_path, lines) == [("Ann Lee of Acme Big Corp Bob", told)], scheme


def test_documents_begin_columns_between_are_passed_over_and_the_last_of_tags_counts(tmp_path: Path) -> None:
    text = "-DOCSTART- -X- -X- O\n\nAnn NNP B-NP B-PER\nworks VBZ B-VP O\n\n\n-DOCSTART- -X- O\nAcme NNP B-NP B-ORG\n"
    assert spans_of(tmp_path, text) == [("Ann works", [("Ann", "PER")]), ("Acme", [("Acme", "ORG")])]


def test_a_text_that_the_file_tells_is_kept(tmp_path: Path) -> None:
    lines = (
        "# sent_id = s-1\n# text = Ann's  dog\n1\tAnn\tB-PER\t-\tmayhew\n2\t's\tO\t-\tmayhew\n3\tdog\tO\t-\tmayhew\n"
    )
    (record,), _ = read("conll", kept(tmp_path, "a.conll", lines))
    assert (record.external_id, record.text) == ("s-1", "Ann's  dog")
    assert record.label == RawSaid({"spans": [span(0, 3)]})


def test_a_token_may_be_any_sign(tmp_path: Path) -> None:
    assert spans_of(tmp_path, "# B-PER\n\u00a0 I-PER\n\u2028 O\n= O\n") == [
        ("# \u00a0 \u2028 =", [("# \u00a0", "PER")])
    ]


def test_a_bad_line_costs_its_sentence_alone(tmp_path: Path) -> None:
    bad = "Ann B-PER\nx y z\n\nBob B-PER\n\nAcme NOUN\n\nAnn B-PER,B-ORG\n\nEve S-PER\nalone\n\nKim B-PER\n"
    records, errors = read("conll", kept(tmp_path, "a.conll", bad))
    assert [(one.number, one.text) for one in records] == [(4, "Bob"), (13, "Kim")]
    assert [one.number for one in errors] == [1, 6, 8, 10]
    reasons = ["line 2 has 'y'", "'NOUN'", "more than one tag", "line 11 has 1 column,"]
    for error, reason in zip(errors, reasons, strict=True):
        assert reason in error.reason
        assert error.remedy


def test_tokens_that_the_file_says_nothing_of_are_told(tmp_path: Path) -> None:
    (record, other), _ = read("conll", kept(tmp_path, "a.conll", "Ann U-PER\nLee -\nof _\n\nBob U-PER\n"))
    assert record.label == RawSaid({"spans": [span(0, 3)]})
    assert record.notes == ("2 tokens without a tag, first in line 2: taken for O.",)
    assert other.notes == ()


@pytest.mark.parametrize("content", ["", "one\ntwo\n", "a b c\nd e f\n", "\n\n", "a,b\nc,d\n", b"\xff\xfe"])
def test_what_holds_no_tags_is_refused_as_a_whole(content: str | bytes, tmp_path: Path) -> None:
    path = kept(tmp_path, "a.txt", content)
    assert not READER.recognises(path)
    with pytest.raises(InvalidInput):
        READER.columns(path)
    with pytest.raises(InvalidInput):
        list(READER.rows(path))


def sentences(path: Path) -> list[list[list[str]]]:
    blocks = path.read_text().replace("\r\n", "\n").split("\n\n")
    return [rows for block in blocks if (rows := [line.split("\t") for line in block.split("\n") if line.strip()])]


def test_a_real_file_has_as_many_spans_as_tags_that_begin_one(tmp_path: Path) -> None:
    path = SAMPLES / "wnut17" / "dev.conll"
    assert READER.recognises(path)
    records, errors = read("conll", path)
    there = sentences(path)
    assert errors == []
    assert [one.text for one in records] == [" ".join(row[0] for row in rows) for rows in there]
    begun = [row[1][2:] for rows in there for row in rows if row[1].startswith("B-")]
    found = [row["label"] for one in records for row in elements_of(one.label)]
    assert (len(records), len(found)) == (60, len(begun))
    assert sorted(found) == sorted(begun)
    assert READER.classes(path) == list(dict.fromkeys(found))
