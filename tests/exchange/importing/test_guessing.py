"""What each column may be, told by its name and by its first values."""

import pytest

from exchange.formats import ImageFile, Row, RowError
from exchange.importing.guessing import guess_from_rows, guess_mapping
from exchange.importing.mapping import check_mapping


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
