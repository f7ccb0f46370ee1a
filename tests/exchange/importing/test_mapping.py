import json
from dataclasses import replace
from typing import Any

import pytest

from exchange.formats import ImageFile, Row, RowError
from exchange.formats.records import RawSaid, Record
from exchange.importing.guessing import guess_from_rows, guess_mapping
from exchange.importing.mapping import RowMapper, check_mapping
from ground.errors import InvalidInput


@pytest.mark.parametrize(
    ("columns", "guess"),
    [
        (["id", "text", "label"], {"external_id": "id", "text": "text", "label": "label"}),
        (["text", "category"], {"text": "text", "label": "category"}),
        (
            ["UUID", "Body", "Gold", "subset"],
            {"external_id": "UUID", "text": "Body", "label": "Gold", "split": "subset"},
        ),
        (["external_id", "id", "text"], {"external_id": "external_id", "text": "text"}),
        (
            ["utterance", "predicted label", "score"],
            {"text": "utterance", "prediction": "predicted label", "confidence": "score"},
        ),
        (["text", "score"], {"text": "text"}),
        (["anything"], {"text": "anything"}),
        (["foo", "bar"], {}),
        (["file", "folder"], {"image": "file", "external_id": "file", "label": "folder"}),
        (["file"], {"image": "file", "external_id": "file"}),
        (["text", "file"], {"text": "text"}),
        ([], {}),
    ],
)
def test_guesses_from_the_names_of_the_columns(columns: list[str], guess: dict[str, str]) -> None:
    assert guess_mapping(columns) == guess
    if "text" in guess:
        check_mapping(guess, columns, stores="text", format="csv")


OURS = ["id", "external_id", "text", "source", "confidence", "policy_version", "value", "prediction"]


def test_our_own_rows_are_known_by_their_columns() -> None:
    guess = {"external_id": "external_id", "text": "text", "prediction": "prediction", "source": "source"}
    assert guess_mapping(OURS, elements=True) == guess | {"label": "value"}
    # Of classes the column of names is the label, as ever.
    assert guess_mapping([*OURS, "label"]) == guess | {"label": "label"}
    # A source may be anything where nothing else is ours.
    assert guess_mapping(["text", "label", "source"]) == {"text": "text", "label": "label"}


CLASSES = {"card", "refund", "transfer"}


def guessed(header: list[str], *rows: list[str]) -> dict[str, str]:
    entries = [Row(number, dict(zip(header, row, strict=True))) for number, row in enumerate(rows, start=2)]
    return guess_from_rows(header, [*entries, RowError(9, "", "ragged", "")], is_class=CLASSES.__contains__)


def test_names_and_values_together_tell_most() -> None:
    header = ["Ticket No", "Customer Message", "team", "ML guess", "ML sure", "country"]
    rows = [["1", "I lost my card", "card", "card", "0,91", "DE"], ["2", "Please refund me", "", "refund", "55%", "FR"]]
    assert guessed(header, *rows) == {
        "external_id": "Ticket No",
        "text": "Customer Message",
        "label": "team",
        "prediction": "ML guess",
        "confidence": "ML sure",
    }


@pytest.mark.parametrize(
    ("header", "rows", "guess"),
    [
        # The longest values are the text, the first column of short unique ones the id.
        (["a", "b"], [["x1", "what is a transfer fee"], ["x2", "where is my card"]], {"external_id": "a", "text": "b"}),
        # Class names without a confidence behind them are what people said.
        (["t", "b"], [["what is a transfer fee", "card"], ["where is my card", "refund"]], {"text": "t", "label": "b"}),
        # Most of a column has to be class names.
        (["t", "b"], [["what is a transfer fee", "card"], ["where is my card", "no"]], {"text": "t"}),
        # A number of another kind is no confidence.
        (
            ["t", "b", "n"],
            [["what is a transfer fee", "card", "17"], ["where is my card", "refund", "3"]],
            {"text": "t", "label": "b"},
        ),
        # Codes are no texts, and an id comes once.
        (["a", "b"], [["x", "DE"], ["x", "FR"]], {}),
        (["a", "b"], [["", ""]], {}),
    ],
)
def test_guesses_from_the_first_values(header: list[str], rows: list[list[str]], guess: dict[str, str]) -> None:
    assert guessed(header, *rows) == guess


@pytest.mark.parametrize(("folders", "label"), [(["card", "refund"], True), (["card"], True), (["photos"], False)])
def test_folders_are_labels_where_they_have_the_names_of_classes(folders: list[str], label: bool) -> None:
    images = [ImageFile(number, f"{name}/a.png", name, b"") for number, name in enumerate(folders)]
    guess = guess_from_rows(["file", "folder"], images, is_class=CLASSES.__contains__, texts=False)
    assert (guess.get("label") == "folder") is label


@pytest.mark.parametrize(
    ("mapping", "field", "says"),
    [
        ({"text": "text", "colour": "id"}, "colour", "There is no 'colour'"),
        ({"text": "body"}, "text", "no column 'body' for text. It has: id, text, label"),
        ({"text": ["text"]}, "text", "no column"),
        ({"label": "label"}, "text", "holds the text"),
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
    with pytest.raises(InvalidInput, match="holds the image"):
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
        ([], True, None),
        ("[]", True, None),
    ],
)
def test_reads_labels_as_they_are_written(written: Any, multi_label: bool, labels: list[str] | None) -> None:
    row = mapped(label=written, multi_label=multi_label)
    assert isinstance(row, Record)
    assert (row.label and row.label.value) == labels


def test_an_own_separator() -> None:
    row = mapped(label="a;b|c", multi_label=True, mapping=FULL | {"separator": ";"})
    assert isinstance(row, Record)
    assert row.label == RawSaid(["a", "b|c"])


@pytest.mark.parametrize(
    ("written", "confidence"), [("0.87", 0.87), ("87%", 0.87), (1, 1.0), ("0", 0.0), ("", None), (None, None)]
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
        ({"label": [[0, 2, "ORG"]]}, "label", "something else than class names"),
        ({"label": True}, "label", "not a text or a number"),
        ({"pred": "y", "score": "high"}, "score", "'high' is not a number"),
        ({"pred": "y", "score": "87"}, "score", "does not lie in 0 to 1"),
        ({"pred": "y", "score": "-0.1"}, "score", "does not lie in 0 to 1"),
        ({"pred": "y", "score": "nan"}, "score", "does not lie in 0 to 1"),
        ({"pred": "y", "score": "101%"}, "score", "does not lie in 0 to 1"),
        ({"pred": "y", "score": True}, "score", "not a text or a number"),
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
    ("prelabel", "reason"),
    [
        ({"value": SPANS, "confidence": "high"}, "confidence is not a number"),
        ({"value": SPANS, "confidence": 2}, "confidence is not a number"),
        ({"value": SPANS, "empty": True}, "empty is not a number"),
        ({"value": SPANS, "parts": 0.5}, "parts is no list"),
    ],
)
def test_a_pre_label_with_a_wrong_number_is_reported(prelabel: dict[str, Any], reason: str) -> None:
    error = mapped(pred=prelabel)
    assert isinstance(error, RowError)
    assert (error.field, reason in error.reason) == ("pred", True)


def test_ids_and_texts_may_be_numbers() -> None:
    row = mapped(id=12, text=3.5)
    assert isinstance(row, Record)
    assert (row.external_id, row.text) == ("12", "3.5")


def test_without_a_column_for_ids_the_id_is_left_open() -> None:
    row = mapped(mapping={"text": "text"})
    assert isinstance(row, Record)
    assert row.external_id == ""
    assert row.metadata == {"id": "a"}


def test_an_image_becomes_an_item_and_its_folder_the_label() -> None:
    entry = ImageFile(3, "set/hat/a.png", "hat", b"bytes")
    assert RowMapper(guess_mapping(["file", "folder"])).image(entry) == Record(
        3, "set/hat/a.png", image=b"bytes", label=RawSaid(["hat"])
    )
    plain = RowMapper({"image": "file"}).image(entry)
    assert isinstance(plain, Record)
    assert (plain.external_id, plain.label, plain.metadata) == ("", None, {"folder": "hat"})
