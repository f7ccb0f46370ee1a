"""Class lines are parsed, in linear time however long they are."""

import pytest

from datasets.forms import ClassLine, NewDatasetForm, class_line


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("card", ClassLine(["card"], "", "", "")),
        ("  Animal > Dog [2] #009e73 | what it means ", ClassLine(["Animal", "Dog"], "2", "#009e73", "what it means")),
        ("Dog[2]#009E73", ClassLine(["Dog"], "2", "#009E73", "")),
        ("two words | a | b", ClassLine(["two words"], "", "", "a | b")),
        ("card #009e73", ClassLine(["card"], "", "#009e73", "")),
        ("[2]", None),
        ("card [22]", None),
        ("card [ 2 ]", None),
        ("card #009e7", None),
        ("card #009e73 [2]", None),
        ("| about", None),
    ],
)
def test_a_line_names_a_class(line: str, read: ClassLine | None) -> None:
    assert class_line(line) == read


def test_a_long_line_is_read_as_quickly_as_a_short_one() -> None:
    """The white space of a padded table, and one that leads nowhere: backtracking would never end."""
    assert class_line("a" + " " * 500_000 + "| b") == ClassLine(["a"], "", "", "b")
    assert class_line("a" + " " * 500_000 + "#x") is None
    assert class_line("a [1]" + " " * 500_000 + "x") is None


def test_no_dataset_is_made_with_more_classes_than_the_api_takes() -> None:
    lines = "\n".join(f"class {number}" for number in range(5_001))
    form = NewDatasetForm({"name": "n", "item_kind": "text", "task": "classification", "classes": lines})
    assert "at most 5,000 classes" in str(form.errors["classes"])
