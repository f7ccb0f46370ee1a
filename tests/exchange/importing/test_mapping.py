import json
from dataclasses import replace
from typing import Any

import pytest

from exchange.formats import ImageFile, Row, RowError
from exchange.formats.columns import keys_of
from exchange.formats.records import RawSaid, Record
from exchange.importing.guessing import guess_mapping
from exchange.importing.mapping import RowMapper, check_mapping
from ground.errors import InvalidInput


@pytest.mark.parametrize(
    ("mapping", "field", "says"),
    [
        ({"text": "text", "colour": "id"}, "colour", "Unknown mapping target 'colour'"),
        ({"text": "body"}, "text", "no column 'body' for text. It has: id, text, label"),
        ({"text": ["text"]}, "text", "no column"),
        ({"label": "label"}, "text", "file with the text"),
        ({"text": "text", "image": "id"}, "image", "leave image out"),
        ({"text": "text", "confidence": "id"}, "confidence", "needs a prediction"),
        ({"text": "text", "separator": ""}, "separator", "1 to 3 characters"),
        ({"text": "text", "separator": " "}, "separator", "1 to 3 characters"),
        ({"text": "text", "separator": 5}, "separator", "1 to 3 characters"),
        ({"text": "text", "new_classes": "yes"}, "new_classes", "true or false, not 'yes'"),
        ({"text": "text", "source": "id"}, "source", "needs a label"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_mapping(mapping, ["id", "text", "label"], stores="text", format="csv")
    assert caught.value.field == field
    assert says in caught.value.message


def test_an_image_dataset_needs_images() -> None:
    with pytest.raises(InvalidInput, match="file with the image"):
        check_mapping({"text": "text"}, ["text"], stores="file", format="csv")


FULL = {
    "external_id": "id",
    "text": "text",
    "label": "label",
    "prediction": "pred",
    "confidence": "score",
    "split": "part",
}


def mapped(*, multi_label: bool = False, mapping: dict[str, Any] | None = None, **fields: Any) -> Record | RowError:
    return RowMapper(mapping or FULL, multi_label=multi_label).row(Row(7, {"text": "hello", "id": "a", **fields}))


def test_a_row_becomes_an_item_and_the_rest_metadata() -> None:
    assert mapped(label=" x ", pred="y", score="0.5", part="test", city="Bern", none=None, n=[1]) == Record(
        number=7,
        external_id="a",
        text="hello",
        metadata={"city": "Bern", "n": [1]},
        split="test",
        prediction=RawSaid(["y"], 0.5),
        label=RawSaid(["x"]),
    )


@pytest.mark.parametrize(
    ("written", "multi_label", "labels"),
    [
        ("a|b", False, ["a|b"]),
        ("a|b", True, ["a", "b"]),
        ("a | |b|", True, ["a", "b"]),
        ('["a", "b"]', False, ["a", "b"]),
        (["a", 5], False, ["a", "5"]),
        ("[other]", False, ["[other]"]),
        ("[" * 5_000, False, ["[" * 5_000]),
        (3, False, ["3"]),
        ("", True, None),
        ("  ", False, None),
        (None, False, None),
        (2.0, False, ["2"]),
        (2.5, False, ["2.5"]),
        (True, False, ["true"]),
        ([1, 2.0], True, ["1", "2"]),
        # None of these, where there may be none.
        ([], True, []),
        ("[]", True, []),
        (" [ ] ", True, []),
        ([], False, None),
        ("[]", False, None),
        # What says nothing.
        ([""], True, None),
        ([None], True, None),
        # As Python and numpy write lists.
        ("['card', 'refund']", True, ["card", "refund"]),
        ("['card' 'refund']", True, ["card", "refund"]),
        ("['it\\'s', \"a, b\",]", True, ["it's", "a, b"]),
        ("[1, 2.5]", True, ["1", "2.5"]),
        ("['card']", False, ["card"]),
        ("['card', other]", False, ["['card', other]"]),
        ("['" * 60_000, False, ["['" * 60_000]),
        # As spaCy writes categories.
        ({"card": 1, "refund": 0, "fee": 1.0}, True, ["card", "fee"]),
        ({"card": True, "refund": False}, False, ["card"]),
        ({"card": 0, "refund": 0}, True, []),
        ({"card": 0, "refund": 0}, False, None),
        ({}, False, None),
        # Composed, as it is everywhere.
        ("Cafe\u0301", False, ["Caf\u00e9"]),
        (["Cafe\u0301"], True, ["Caf\u00e9"]),
    ],
)
def test_reads_labels_as_they_are_written(written: Any, multi_label: bool, labels: list[str] | None) -> None:
    row = mapped(label=written, multi_label=multi_label)
    assert isinstance(row, Record)
    assert (None if row.label is None else row.label.value) == labels


def test_an_own_separator() -> None:
    row = mapped(label="a;b|c", multi_label=True, mapping=FULL | {"separator": ";"})
    assert isinstance(row, Record)
    assert row.label == RawSaid(["a", "b|c"])


@pytest.mark.parametrize(
    ("written", "confidence"),
    [
        ("0.87", 0.87),
        ("87%", 0.87),
        ("93 %", 0.93),
        ("1,5e-1", 0.15),
        (1, 1.0),
        ("0", 0.0),
        # Rounded, as a sum of small numbers is.
        (1.0000001, 1.0),
        ("1.000001", 1.0),
        ("-1e-7", 0.0),
        ("", None),
        (None, None),
    ],
)
def test_reads_confidences_as_they_are_written(written: Any, confidence: float | None) -> None:
    row = mapped(pred="y", score=written)
    assert isinstance(row, Record)
    assert row.prediction == RawSaid(["y"], confidence)


def test_a_confidence_without_a_prediction_says_nothing() -> None:
    row = mapped(pred="", score="0.9")
    assert isinstance(row, Record)
    assert row.prediction is None


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"text": " "}, "text", "empty"),
        ({"text": None}, "text", "empty"),
        ({"text": ["a"]}, "text", "not a text"),
        ({"id": ""}, "id", "id is empty"),
        ({"id": "x" * 301}, "id", "301 characters"),
        ({"id": {"a": 1}}, "id", "not a text or a number"),
        ({"part": ["a"]}, "part", "not a text or a number"),
    ],
)
def test_a_value_that_does_not_fit_is_reported_by_row_field_and_remedy(
    fields: dict[str, Any], field: str, reason: str
) -> None:
    error = mapped(**fields)
    assert isinstance(error, RowError)
    assert (error.number, error.field) == (7, field)
    assert reason in error.reason
    assert error.remedy


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"label": [[0, 2, "ORG"]]}, "must contain class names only"),
        ({"label": ["a", None]}, "must contain class names only"),
        ({"label": {"a": 0.5}}, "shares of the classes are not 0 or 1"),
    ],
)
def test_a_label_that_cannot_be_read_costs_the_label_alone(fields: dict[str, Any], reason: str) -> None:
    row = mapped(**fields)
    assert isinstance(row, Record)
    assert (row.label, row.text) == (None, "hello")
    (note,) = row.notes
    assert note.startswith("Its label was left out: label: ")
    assert reason in note


SPANS = {"spans": [{"start": 0, "end": 2, "label": "ORG"}]}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (SPANS, RawSaid(SPANS)),
        (json.dumps(SPANS), RawSaid(SPANS)),
        ({"value": SPANS, "confidence": 0.5, "parts": [0.5, None], "empty": None}, RawSaid(SPANS, 0.5, [0.5, None])),
        ({"value": {"spans": []}, "empty": 1}, RawSaid({"spans": []}, empty=1.0)),
        # A value of a kind that has a part called so.
        ({"value": SPANS, "unit": "mm"}, RawSaid({"value": SPANS, "unit": "mm"})),
        ("{curly}", RawSaid(["{curly}"])),
    ],
)
def test_a_prediction_may_be_a_value_or_a_whole_pre_label(written: Any, said: RawSaid) -> None:
    row = mapped(pred=written)
    assert isinstance(row, Record)
    assert row.prediction == said
    scored = mapped(pred=written, score="0.25")
    assert isinstance(scored, Record)
    assert scored.prediction == replace(said, confidence=0.25)


@pytest.mark.parametrize(
    ("fields", "column", "reason"),
    [
        ({"score": "high"}, "score", "'high' is not a number"),
        ({"score": "87"}, "score", "is not between 0 and 1"),
        ({"score": "1.0001"}, "score", "is not between 0 and 1"),
        ({"score": "1.000,5"}, "score", "is not a number"),
        ({"score": "-0.1"}, "score", "is not between 0 and 1"),
        ({"score": "nan"}, "score", "is not between 0 and 1"),
        ({"score": "101%"}, "score", "is not between 0 and 1"),
        ({"score": True}, "score", "not a text or a number"),
        ({"pred": [["card", 0.9]]}, "pred", "must contain class names only"),
        ({"pred": {"a": 2}}, "pred", "share is not between 0 and 1"),
        ({"pred": {"value": SPANS, "confidence": "high"}}, "pred", "confidence is not a number"),
        ({"pred": {"value": SPANS, "confidence": 2}}, "pred", "confidence is not a number"),
        ({"pred": {"value": SPANS, "empty": True}}, "pred", "empty is not a number"),
        ({"pred": {"value": SPANS, "parts": 0.5}}, "pred", "parts is not a list"),
    ],
)
def test_a_wrong_prediction_costs_no_row(fields: dict[str, Any], column: str, reason: str) -> None:
    row = mapped(**{"pred": "y", **fields})
    assert isinstance(row, Record)
    assert (row.text, row.prediction) == ("hello", None)
    (note,) = row.notes
    assert note.startswith(f"Its prediction was left out: {column}: ")
    assert reason in note


@pytest.mark.parametrize(
    ("written", "several", "said"),
    [
        ({"a": 0.25, "b": 0.75}, False, RawSaid(["b"], 0.75)),
        ({"a": 0.9, "b": 0.2}, True, RawSaid(["a"], 0.8)),
        ({"a": 0.1, "b": 0.2}, True, RawSaid([], 0.8)),
    ],
)
def test_a_prediction_may_have_a_share_for_each_class(written: Any, several: bool, said: RawSaid) -> None:
    row = mapped(pred=written, multi_label=several)
    assert isinstance(row, Record)
    assert row.prediction == said


def test_columns_may_lie_inside_of_others() -> None:
    fields = {"id": 7, "data": {"text": "hello", "channel": "mail", "more": {"label": "card"}}, "a.b": "x"}
    columns = keys_of([Row(1, fields)])
    assert columns == ["id", "data", "a.b", "data.text", "data.channel", "data.more", "data.more.label"]
    guess = guess_mapping(columns)
    assert guess == {"external_id": "id", "text": "data.text", "label": "data.more.label"}
    row = RowMapper(guess).row(Row(1, fields))
    assert row == Record(1, "7", "hello", label=RawSaid(["card"]), metadata={"data": {"channel": "mail"}, "a.b": "x"})
    # Of what is missing nothing is said.
    bare = RowMapper(guess).row(Row(2, {"id": 8, "data": {"text": "hello"}}))
    assert isinstance(bare, Record)
    assert (bare.label, bare.metadata) == (None, {})


def test_ids_are_composed() -> None:
    row = mapped(id="Cafe\u0301")
    assert isinstance(row, Record)
    assert row.external_id == "Caf\u00e9"


def test_ids_and_texts_may_be_numbers() -> None:
    row = mapped(id=12, text=3.5)
    assert isinstance(row, Record)
    assert (row.external_id, row.text) == ("12", "3.5")


def test_without_a_column_for_ids_the_id_is_left_open() -> None:
    row = mapped(mapping={"text": "text"})
    assert isinstance(row, Record)
    assert (row.external_id, row.metadata) == ("", {"id": "a"})


def test_an_image_becomes_an_item_and_its_folder_the_label() -> None:
    entry = ImageFile(3, "set/hat/a.png", "hat", b"bytes")
    assert RowMapper(guess_mapping(["file", "folder"])).image(entry) == Record(
        3, "set/hat/a.png", image=b"bytes", label=RawSaid(["hat"])
    )
    plain = RowMapper({"image": "file"}).image(entry)
    assert isinstance(plain, Record)
    assert (plain.external_id, plain.label, plain.metadata) == ("", None, {"folder": "hat"})
