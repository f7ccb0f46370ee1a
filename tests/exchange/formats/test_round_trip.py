"""What is exported in a format that can be imported, too, is read again exactly."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.formats import FILE_FORMATS, FILE_READERS, About, ExportItem, Predicted, RawSaid, Record, Row
from exchange.formats.writing import in_memory
from exchange.importing.guessing import guess_mapping
from exchange.importing.mapping import RowMapper
from kinds import NOWHERE, ClassSpec, LabelTask
from kinds.classification.value import Classification

# Of labels of every kind; the others: test_elements_round_trip.py.
FLAT = sorted(name for name, one in FILE_FORMATS.items() if one.carries is None and name in FILE_READERS)
# Whatever a text may hold, and what tables give a meaning to; a text of blanks alone is none.
SIGNS = st.sampled_from(
    ["=", "+", "-", "@", "'", '"', ",", ";", "\t", "\n", "\r", "|", "[", "]", "{", "}", "\\", " ", "%", "1"]
)
ANY = st.text(SIGNS | st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
WORDS = ANY.filter(lambda text: bool(text.strip()))
NAMES = (
    "card",
    "refund",
    "a name, with “signs”",
    "a|b",
    "[x]",
    "{y}",
    "=1+1",
    "-2",
    "'quoted'",
    "1.0",
    "['z']",
    "null",
)
KIND = Classification()


def about(*, multi_label: bool) -> About:
    classes = tuple(ClassSpec(name) for name in NAMES)
    task = LabelTask("text", "classification", KIND.settings({"multi_label": multi_label}), classes)
    return About("Letters", task, metadata=True)


@st.composite
def items(draw: st.DrawFn, *, least: int = 1, most: int = 1) -> list[ExportItem]:
    labels = st.none() | st.lists(st.sampled_from(NAMES), min_size=least, max_size=most, unique=True)
    return [item(draw, number, draw(labels), draw(labels)) for number in range(draw(st.integers(1, 6)))]


def item(draw: st.DrawFn, number: int, given: list[str] | None, said: list[str] | None) -> ExportItem:
    sure = draw(st.floats(0, 1))
    return ExportItem(
        id=draw(st.integers(1, 2**53)),
        external_id=unicodedata.normalize("NFC", f"{draw(WORDS)}{number}").strip(),
        text=draw(WORDS),
        file=None,
        extent=NOWHERE,
        value=None if given is None else {"labels": given},
        labels=given,
        prediction=None if said is None else Predicted({"labels": said}, sure, None),
        source=draw(st.sampled_from(["human", "auto", None])),
        confidence=None if said is None else sure,
        labeler="words",
        model_version=None,
        reviewer=None,
        decided_at=None,
        policy_version=1,
        split=draw(st.none() | st.sampled_from(["train", "test"])),
        metadata=draw(st.dictionaries(WORDS, ANY | st.integers() | st.lists(ANY), max_size=2)),
    )


def records(name: str, path: Path, *, multi_label: bool) -> list[Record]:
    reader = FILE_READERS[name]
    mapper = RowMapper(guess_mapping(reader.columns(path)), multi_label=multi_label)
    found = []
    for entry in reader.rows(path):
        assert isinstance(entry, Row), entry
        record = mapper.row(entry)
        assert isinstance(record, Record), record
        found.append(record)
    return found


def test_every_format_that_goes_both_ways_is_tried() -> None:
    assert FLAT == ["csv", "jsonl"]


def read_again(name: str, folder: Path, exported: list[ExportItem], *, multi_label: bool) -> None:
    path = folder / f"rows.{FILE_FORMATS[name].extension}"
    path.write_bytes(in_memory(FILE_FORMATS[name], about(multi_label=multi_label), exported))
    found = records(name, path, multi_label=multi_label)
    assert [(one.external_id, one.text, one.split) for one in found] == [
        (one.external_id, one.text, one.split) for one in exported
    ]
    for record, one in zip(found, exported, strict=True):
        labels, said = None if one.labels is None else RawSaid(one.labels), one.prediction
        told = record.metadata["metadata"]
        assert (json.loads(told) if name == "csv" else told) == one.metadata
        by_machine = one.source == "auto"
        assert record.label == (None if by_machine else labels)
        guess = said and RawSaid(said.value, said.confidence)
        assert record.prediction == (labels if guess is None and by_machine else guess)


@pytest.mark.parametrize("name", FLAT)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exported=items())
def test_what_is_written_is_read_again(name: str, tmp_path: Path, exported: list[ExportItem]) -> None:
    read_again(name, tmp_path, exported, multi_label=False)


@pytest.mark.parametrize("name", FLAT)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exported=items(least=0, most=3))
def test_several_labels_are_read_again(name: str, tmp_path: Path, exported: list[ExportItem]) -> None:
    read_again(name, tmp_path, exported, multi_label=True)
