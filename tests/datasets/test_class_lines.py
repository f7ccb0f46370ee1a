"""Lines that name classes: signs count where they stand by themselves, and any length is read in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.class_lines import ClassLine, class_line, read_classes
from ground.errors import InvalidInput


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("card", ClassLine(("card",))),
        ("  Animal > Dog [2] #009E73 | what it means ", ClassLine(("Animal", "Dog"), "2", "#009e73", "what it means")),
        ("card #009e73 [2]", ClassLine(("card",), "2", "#009e73")),
        ("two words | a | b", ClassLine(("two words",), about="a | b")),
        ("[2]", None),
        ("| about", None),
    ],
)
def test_a_line_names_a_class(line: str, read: ClassLine | None) -> None:
    assert class_line(line) == read


@pytest.mark.parametrize(
    "name",
    [
        "C",
        "C++",
        "C#",
        "F#",
        "[other]",
        "<=50K",
        ">50K",
        "a -> b",
        "<b>bold</b>",
        "a|b",
        "x [22]",
        "card #009e7",
        "a>b",
    ],
)
def test_signs_within_a_name_are_part_of_it(name: str) -> None:
    assert class_line(name) == ClassLine((name,))


@pytest.mark.parametrize(
    ("line", "name"),
    [(r"Ham \> Eggs", "Ham > Eggs"), (r"this \| that", "this | that"), (r"part \[3]", "part [3]"), (r"a \b", r"a \b")],
)
def test_a_backslash_makes_a_sign_part_of_the_name(line: str, name: str) -> None:
    assert class_line(line) == ClassLine((name,))


@given(st.text(alphabet="ab >|[]2#\\09e73f", min_size=1, max_size=30))
def test_any_line_is_read(line: str) -> None:
    read = class_line(line)
    assert read is None or all(name == " ".join(name.split()) and name for name in read.path)


def test_a_long_line_is_read_as_quickly_as_a_short_one() -> None:
    """The white space of a padded table, and one that leads nowhere: backtracking would never end."""
    assert class_line("a" + " " * 500_000 + "| b") == ClassLine(("a",), about="b")
    assert class_line("a [1]" * 100_000 + " " * 500_000 + "x") is not None


def test_the_same_leaf_in_two_branches_is_two_classes() -> None:
    made = read_classes("Animal > Other\nPlant > Other > Moss\nAnimal [1]", most=10)
    assert [(new.name, new.title, new.parent, new.key) for new in made] == [
        ("Animal", "", "", "1"),
        ("Animal > Other", "Other", "Animal", ""),
        ("Plant", "", "", ""),
        ("Plant > Other", "Other", "Plant", ""),
        ("Moss", "", "Plant > Other", ""),
    ]


def test_a_class_told_twice_in_two_ways_is_an_error_that_names_the_lines() -> None:
    assert len(read_classes("card [1]\ncard\ncard [1]", most=10)) == 1
    with pytest.raises(InvalidInput, match="Line 3: 'card' is there already, in line 1"):
        read_classes("card [1]\nrefund\ncard [2]", most=10)
    with pytest.raises(InvalidInput, match=r"Line 2 names no class: '\| about'"):
        read_classes("card\n| about", most=10)
