import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds.elements import Elements
from kinds.summary import all_right, summarise

chances = st.floats(0, 1)


def elements(*classes: str) -> Elements:
    return Elements([str(at) for at in range(len(classes))], classes)


def test_a_summary_has_the_least_sure_element_of_each_class() -> None:
    found = summarise(elements("a", "b", "a"), [0.9, 0.5, 0.7])
    assert (found.size, found.counts, found.floors) == (3, {"a": 2, "b": 1}, {"a": 0.7, "b": 0.5})


def test_a_class_with_an_element_without_part_has_no_floor() -> None:
    assert summarise(elements("a", "b", "a"), [None, 0.5, 0.7]).floors == {"a": None, "b": 0.5}
    assert summarise(elements("a", "b", "a"), [0.7, 0.5, None]).floors == {"a": None, "b": 0.5}


@pytest.mark.parametrize("parts", [None, [None, None], (None, None)])
def test_without_any_parts_there_are_no_floors(parts: list[None] | None) -> None:
    found = summarise(elements("a", "b"), parts)
    assert (found.counts, found.floors) == ({"a": 1, "b": 1}, {})


def test_nothing_has_nothing() -> None:
    found = summarise(elements(), [])
    assert (found.size, found.counts, found.floors) == (0, {}, {})


def test_there_is_a_part_for_each_element() -> None:
    with pytest.raises(ValueError, match="shorter"):
        summarise(elements("a", "b"), [0.5])


@given(st.lists(st.tuples(st.sampled_from("abc"), chances), min_size=1))
def test_a_floor_lies_under_every_part_of_its_class(found: list[tuple[str, float]]) -> None:
    told = summarise(elements(*(name for name, _ in found)), [part for _, part in found])
    assert sum(told.counts.values()) == told.size == len(found)
    assert told.floors == {name: min(part for of, part in found if of == name) for name, _ in found}


def test_all_is_right_and_none_missing() -> None:
    assert all_right([], None) == 1
    assert all_right([0.5, 0.5], None) == 0.25
    assert all_right([0.5], 0.5) == 0.25
    assert all_right([], 0.25) == 0.75


@given(st.lists(chances), st.none() | chances)
def test_the_confidence_is_a_probability(parts: list[float], missed: float | None) -> None:
    assert 0 <= all_right(parts, missed) <= min(parts, default=1)
