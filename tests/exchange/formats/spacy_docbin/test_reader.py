import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from exchange.formats import FILE_READERS, RawSaid
from exchange.formats.spacy_docbin.packed import check
from ground.errors import InvalidInput
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import elements_of, item, kept, read, span, value, written
from tests.servers import ROOT

READER = FILE_READERS["spacy"]
ENGLISH = spacy.blank("en")


def packed(folder: Path, *documents: Doc) -> Path:
    path = folder / "a.spacy"
    DocBin(docs=documents, store_user_data=True).to_disk(path)
    return path


def documents(data: bytes) -> list[Doc]:
    return list(DocBin().from_bytes(data).get_docs(ENGLISH.vocab))


def test_entities_and_groups_of_spans_are_read_each_once(tmp_path: Path) -> None:
    one = ENGLISH("Ann Lee works at Acme 👩🏽‍🚀 Inc.")
    one.ents = [Span(one, 0, 2, "PER")]
    one.spans["sc"] = [Span(one, 0, 1, "PER"), Span(one, 0, 2, "PER"), Span(one, 4, 6, "ORG")]
    one.spans["more"] = [Span(one, 4, 5, "ORG"), Span(one, 1, 2)]
    one.cats = {"letter": 1.0}
    nobody = ENGLISH("Nobody looked.")
    nothing = ENGLISH("Nothing found.")
    nothing.ents = []
    blank = ENGLISH("  \n")
    path = packed(tmp_path, one, nobody, blank, nothing)
    assert READER.recognises(path)
    records, errors = read("spacy", path)
    assert [(one.number, one.text) for one in records] == [
        (1, "Ann Lee works at Acme 👩🏽‍🚀 Inc."),
        (2, "Nobody looked."),
        (4, "Nothing found."),
    ]
    assert [error.number for error in errors] == [3]
    spans = [(row["start"], row["end"], row["label"]) for row in elements_of(records[0].label)]
    by_spacy = {
        (one.start_char, one.end_char, one.label_) for group in (one.ents, *one.spans.values()) for one in group
    }
    assert spans == sorted(ends for ends in by_spacy if ends[2])
    assert len(spans) == 4
    assert records[0].notes == ("1 span without a class left out.",)
    assert records[0].metadata == {"cats": {"letter": 1.0}}
    assert records[1].label is None
    assert records[2].label == RawSaid({"spans": []})


def test_a_file_that_spacy_made_long_ago() -> None:
    path = SAMPLES / "spacy" / "train.spacy"
    assert READER.recognises(path)
    records, errors = read("spacy", path)
    assert errors == []
    there = documents(path.read_bytes())
    assert [one.text for one in records] == [one.text for one in there]
    for record, document in zip(records, there, strict=True):
        found = {(row["start"], row["end"], row["label"]) for row in elements_of(record.label)}
        groups = (document.ents, *document.spans.values())
        assert found == {(one.start_char, one.end_char, one.label_) for group in groups for one in group}
        assert found


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", zlib.compress(b"nothing"), zlib.compress(b"\x81\xa5attrs\x90")[:-4], zlib.compress(b"\x80")],
)
def test_what_is_no_docbin_is_refused(content: bytes, tmp_path: Path) -> None:
    path = kept(tmp_path, "a.spacy", content)
    assert not READER.recognises(path)
    with pytest.raises(InvalidInput):
        READER.columns(path)


def test_what_breaks_off_is_refused_and_what_unpacks_to_too_much(tmp_path: Path) -> None:
    data = written("spacy", item("Ann", value("Ann", span(0, 3))))
    with pytest.raises(InvalidInput, match="ends early"):
        list(READER.rows(kept(tmp_path, "a.spacy", data[:-10])))
    with pytest.raises(InvalidInput, match="more than 100,000 bytes"):
        check(kept(tmp_path, "b.spacy", zlib.compress(bytes(200_000))), most=100_000)


def test_a_damaged_document_ends_the_file_with_a_report(tmp_path: Path) -> None:
    made = DocBin(docs=[ENGLISH("Ann"), ENGLISH("Bob")])
    made.strings.discard("Bob")
    path = tmp_path / "a.spacy"
    made.to_disk(path)
    records, (error,) = read("spacy", path)
    assert [one.text for one in records] == ["Ann"]
    assert (error.number, "From document 2 on" in error.reason) == (2, True)


@pytest.mark.parametrize(
    ("found", "there"), [("real(name, package)", True), ('None if name == "spacy" else real(name, package)', False)]
)
def test_it_is_a_format_only_where_spacy_is_installed_and_loads_it_only_for_a_file(found: str, there: bool) -> None:
    program = f"""
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: {found}
import django
django.setup()
from exchange.formats import FILE_FORMATS, FILE_READERS
print("spacy" in FILE_READERS, "spacy" in FILE_FORMATS, "spacy" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(there), str(there), "False"]
