from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InvalidInput, InvalidValue
from kinds import NOWHERE, ClassSpec, LabelTask, LabelValue
from kinds.classification.value import Classification
from kinds.matching import compare

SHAPE = 'A label must look like {"labels": ["name"]}.'
KIND = Classification()
CLASSES = (
    ClassSpec("animal", title="Animal"),
    ClassSpec("cat", title="Cat", parent="animal", aliases=("kitty", "Katze")),
    ClassSpec("dog", parent="animal"),
    ClassSpec("old", retired=True),
    ClassSpec("other", aliases=("Sonstiges",)),
)


def task(*, multi_label: bool = False) -> LabelTask:
    return LabelTask("text", "classification", KIND.settings({"multi_label": multi_label}), CLASSES)


def classified(classes: tuple[ClassSpec, ...]) -> LabelTask:
    return LabelTask("text", "classification", KIND.settings({}), classes)


def parsed(raw: object, about: LabelTask, **how: Any) -> LabelValue:
    return KIND.parse(raw, about, NOWHERE, **how).value


def test_one_class_in_normal_form() -> None:
    assert parsed({"labels": ["cat"]}, task()) == {"labels": ["cat"]}
    assert parsed({"labels": ["cat", "cat"]}, task()) == {"labels": ["cat"]}


def test_several_classes_are_unique_and_in_the_order_of_the_classes() -> None:
    assert parsed({"labels": ["dog", "cat", "dog"]}, task(multi_label=True)) == {"labels": ["cat", "dog"]}
    assert parsed({"labels": []}, task(multi_label=True)) == {"labels": []}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (None, SHAPE),
        ("cat", SHAPE),
        (["cat"], SHAPE),
        ({}, SHAPE),
        ({"labels": "cat"}, SHAPE),
        ({"labels": ["cat"], "x": 1}, "Unknown field of a label: x."),
        ({"labels": ["cat"], "y": 1, "x": 1}, "Unknown field of a label: x."),
        ({"labels": ["bird"]}, "The dataset has no class 'bird'."),
        ({"labels": [5]}, "The dataset has no class 5."),
        ({"labels": [["cat"]]}, "The dataset has no class ['cat']."),
        ({"labels": ["old"]}, "The class 'old' is deactivated."),
        ({"labels": []}, "Exactly one class is required, not 0."),
        ({"labels": ["cat", "dog"]}, "Exactly one class is required, not 2."),
    ],
)
def test_anything_else_is_refused_and_the_field_named(raw: Any, says: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parsed(raw, task())
    assert (refused.value.message, refused.value.field) == (says, "value")


@pytest.mark.parametrize(
    "spelling", ["cat", "CAT", " Cat ", "kitty", "katze", "animal > cat", "animal / cat", "animal/cat", "Animal > Cat"]
)
def test_a_class_may_be_spelt_by_name_title_alias_or_path(spelling: str) -> None:
    assert KIND.from_names([spelling], task()) == {"labels": ["cat"]}


@pytest.mark.parametrize(
    ("spelling", "says", "field"),
    [
        ("bird", "The dataset has no class 'bird'.", "label"),
        ("", "The dataset has no class ''.", "label"),
        ("  ", "The dataset has no class '  '.", "label"),
        ("old", "The class 'old' is deactivated.", "value"),
    ],
)
def test_an_unknown_or_retired_spelling_is_refused(spelling: str, says: str, field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        KIND.from_names([spelling], task())
    assert (refused.value.message, refused.value.field) == (says, field)


def test_a_spelling_that_means_two_classes_means_none() -> None:
    twins = LabelTask(
        "text", "classification", KIND.settings({}), (ClassSpec("A", aliases=("x",)), ClassSpec("B", title="X"))
    )
    with pytest.raises(InvalidValue):
        KIND.from_names(["x"], twins)


def test_an_exact_name_wins_over_another_classes_alias() -> None:
    both = classified((ClassSpec("A", aliases=("B",)), ClassSpec("B")))
    assert KIND.from_names(["B"], both) == {"labels": ["B"]}


def test_whole_numbers_are_classes_however_a_table_writes_them() -> None:
    stars = classified((ClassSpec("1"), ClassSpec("-2"), ClassSpec("3.0"), ClassSpec("2.5")))
    found = [stars.resolve(text) for text in ("1", "1.0", " 1.00 ", "-2.0", "3", "3.0", "2.5", "2.50", "1.01")]
    assert found == ["1", "1", "1", "-2", "3.0", "3.0", "2.5", None, None]
    # Where both are classes, each is what it is called.
    both = classified((ClassSpec("1"), ClassSpec("1.0")))
    assert [both.resolve(text) for text in ("1", "1.0", "1.00")] == ["1", "1.0", None]


def test_a_loop_of_parents_ends() -> None:
    loop = LabelTask(
        "text", "classification", KIND.settings({}), (ClassSpec("a", parent="b"), ClassSpec("b", parent="a"))
    )
    assert loop.path("a") == ("b", "a")
    assert loop.resolve("b > a") == "a"


def test_a_path_stops_where_the_parent_is_unknown() -> None:
    orphan = classified((ClassSpec("a", parent="gone"),))
    assert orphan.path("a") == ("gone", "a")


def test_names_of_a_task_leave_retired_classes_out() -> None:
    assert task().names == ("animal", "cat", "dog", "other")
    retired = task().spec("old")
    assert retired is not None
    assert retired.retired


names = st.lists(st.sampled_from(["animal", "cat", "dog", "other"]), unique=True)


@given(names, names)
def test_likeness_is_symmetric_and_one_only_for_the_same(left: list[str], right: list[str]) -> None:
    one, other = {"labels": left}, {"labels": right}
    there, back = (compare(KIND, *values, task(multi_label=True)) for values in ((one, other), (other, one)))
    assert there.similarity == back.similarity
    assert 0 <= there.similarity <= 1
    assert (there.similarity == 1) is there.right is (set(left) == set(right))
    assert there.similarity == (len({*left} & {*right}) / len({*left, *right}) if left or right else 1)
    assert {edit.what for edit in there.edits} <= {"added", "deleted"}


@given(names)
def test_a_value_in_normal_form_stays_as_it_is(given_names: list[str]) -> None:
    value = parsed({"labels": given_names}, task(multi_label=True))
    assert parsed(value, task(multi_label=True)) == value
    assert KIND.labels(value) == value["labels"]


def test_confidence_of_the_whole_value() -> None:
    assert KIND.item_confidence({"labels": ["cat"]}, [0.7], None) == 0.7
    assert KIND.item_confidence({"labels": ["cat", "dog"]}, [0.5, 0.75], None) == 0.375
    assert KIND.item_confidence({"labels": ["cat"]}, [0.9], 0.2) == pytest.approx(0.9 * 0.8)


def test_files_and_models_may_spell_a_class_in_another_way_and_people_may_not() -> None:
    assert parsed({"labels": ["Katze"]}, task(), mend=True) == {"labels": ["cat"]}
    with pytest.raises(InvalidValue, match="no class 'Katze'"):
        parsed({"labels": ["Katze"]}, task())


@pytest.mark.parametrize("raw", [{"several": True}, {"multi_label": "perhaps"}])
def test_settings_that_there_are_not_are_refused_with_the_field(raw: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        KIND.settings(raw)
    assert refused.value.field == "task_settings"
    assert next(iter(raw)) in refused.value.message


@pytest.mark.parametrize(
    ("given_names", "likely", "multi_label", "wrong"),
    [
        (["cat"], ["cat", "dog", "other"], False, ["dog"]),
        (["cat"], ["cat"], False, None),
        (["cat"], [], False, None),
        (["cat"], ["old", "cat"], False, None),
        (["cat"], ["cat"], True, []),
        ([], ["dog"], True, ["dog"]),
        ([], [], True, None),
    ],
)
def test_a_damage_is_a_class_that_the_labeler_thought_of_or_one_left_out(
    given_names: list[str], likely: list[str], multi_label: bool, wrong: list[str] | None
) -> None:
    about = task(multi_label=multi_label)
    damage = KIND.damage({"labels": given_names}, about, NOWHERE, Random(1), likely=likely)
    assert (damage and damage.value["labels"]) == wrong
    if damage is not None:
        assert not compare(KIND, {"labels": given_names}, damage.value, about).right
