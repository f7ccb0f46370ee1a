"""Which elements belong together: every kind is compared by this one rule, so it is held against trying all ways."""

import random
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import LabelTask, LabelValue
from kinds.elements import Elements, Link, Overlaps
from kinds.matching import Comparison, Edit, compare, same
from kinds.right_rule import RightRule
from tests.kinds.pairs import turned

TASK = LabelTask("text", "intervals", settings=None, classes=())


class Intervals:
    """A task kind of stretches of a line, `{"stretches": [[start, end, class]]}`: the least that lies somewhere.
    `said`: what else is said of each; `joined`: relations as [name, from, to]."""

    def elements(self, value: LabelValue) -> Elements:
        rows = value["stretches"]
        return Elements(
            [str(n) for n in range(len(rows))],
            [name for *_, name in rows],
            places=[(start, end) for start, end, _ in rows],
            details=value.get("said"),
            links=[Link(f"r{n}", *joined) for n, joined in enumerate(value.get("joined", ()))],
        )

    def overlaps(self, left: Elements, right: Elements, least: float) -> Overlaps:
        found = ((i, j, shared(a, b)) for i, a in enumerate(left.places) for j, b in enumerate(right.places))
        return [one for one in found if one[2] > 0]

    def least_overlap(self, task: LabelTask) -> float:
        return 0.25

    def agreement(self, left: Elements, i: int, right: Elements, j: int, task: LabelTask) -> float:
        return shared(left.places[i], right.places[j])

    def kept_from(self, task: LabelTask) -> float:
        return 0.75


def shared(one: tuple[int, int], other: tuple[int, int]) -> float:
    common = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / (one[1] - one[0] + other[1] - other[0] - common)


KIND: Any = Intervals()


def value(*stretches: tuple[int, int, str]) -> LabelValue:
    return {"stretches": list(stretches)}


def compared(left: LabelValue, right: LabelValue) -> Comparison:
    return compare(KIND, left, right, TASK)


@st.composite
def values(draw: st.DrawFn, most: int = 5) -> LabelValue:
    starts = draw(st.lists(st.integers(0, 12), max_size=most))
    return value(*((start, start + draw(st.integers(1, 6)), draw(st.sampled_from("ab"))) for start in starts))


def best(left: LabelValue, right: LabelValue) -> tuple[float, float]:
    """The largest total overlap of any way to match one to one, and the most of it that lies on the same class."""
    one, other = KIND.elements(left), KIND.elements(right)
    near = {(i, j): size for i, j, size in KIND.overlaps(one, other, 0.25) if size >= KIND.least_overlap(TASK)}
    flipped = len(one) > len(other)
    few, many = sorted((len(one), len(other)))
    found = []
    for order in permutations(range(many), few):
        ways = [(to, at) if flipped else (at, to) for at, to in enumerate(order)]
        kept = [pair for pair in ways if pair in near]
        of_class = [near[i, j] for i, j in kept if one.classes[i] == other.classes[j]]
        found.append((sum(near[pair] for pair in kept), sum(of_class)))
    top = max(total for total, _ in found)
    return top, max(classes for total, classes in found if total > top - 1e-9)


@given(values(), values())
def test_the_overlaps_add_up_to_the_most_there_is(left: LabelValue, right: LabelValue) -> None:
    pairs = compared(left, right).pairs
    matched = {classes: found for classes, found in pairs.items() if "" not in classes}
    total, of_class = best(left, right)
    assert sum(agreement for _, agreement in matched.values()) == pytest.approx(total)
    assert sum(size for (one, other), (_, size) in matched.items() if one == other) == pytest.approx(of_class)


@given(values(), values())
def test_each_element_is_in_one_pair(left: LabelValue, right: LabelValue) -> None:
    pairs = compared(left, right).pairs
    for side, one in enumerate((left, right)):
        for name in "ab":
            counted = sum(n for classes, (n, _) in pairs.items() if classes[side] == name)
            assert counted == sum(row[2] == name for row in one["stretches"])


@given(values())
def test_a_value_is_like_itself(one: LabelValue) -> None:
    found = compared(one, one)
    assert (found.right, found.similarity, found.edits) == (True, 1.0, ())


@given(values(), values())
def test_it_makes_no_difference_which_is_which(left: LabelValue, right: LabelValue) -> None:
    there, back = compared(left, right), compared(right, left)
    assert there.right == back.right
    assert there.similarity == pytest.approx(back.similarity)
    assert there.pairs == turned(back)


@given(values(), values(), st.randoms(use_true_random=False))
def test_nor_in_what_order_the_elements_come(left: LabelValue, right: LabelValue, chance: random.Random) -> None:
    shuffled = {"stretches": chance.sample(left["stretches"], len(left["stretches"]))}
    one, other = compared(left, right), compared(shuffled, right)
    assert one.right == other.right
    assert one.similarity == pytest.approx(other.similarity)


def test_what_has_to_be_done_is_said_by_element() -> None:
    left = value((0, 8, "a"), (10, 14, "a"), (20, 24, "a"), (30, 34, "b"))
    right = value((0, 9, "a"), (10, 17, "a"), (20, 24, "b"), (40, 44, "b"))
    found = compared(left, right)
    assert found.edits == (
        Edit("moved", "1", "1"),
        Edit("relabelled", "2", "2"),
        Edit("deleted", "3", ""),
        Edit("added", "", "3"),
    )
    assert not found.right
    assert found.pairs == {
        ("a", "a"): (2, pytest.approx(8 / 9 + 4 / 7)),
        ("a", "b"): (1, 1.0),
        ("b", ""): (1, 0.0),
        ("", "b"): (1, 0.0),
    }
    assert found.similarity == pytest.approx((8 / 9 + 4 / 7) / 5)


def test_a_greedy_choice_is_not_the_best() -> None:
    """The largest overlap first would leave the other two alone."""
    left, right = value((0, 10, "a"), (8, 18, "a")), value((4, 12, "a"), (0, 5, "a"))
    assert compared(left, right).pairs[("a", "a")][0] == 2


def test_among_equals_the_class_decides() -> None:
    left, right = value((0, 4, "a"), (0, 4, "b")), value((0, 4, "b"), (0, 4, "a"))
    assert compared(left, right).right
    assert same(KIND, left, right, TASK)


def test_nothing_beside_nothing_is_the_same() -> None:
    assert compared(value(), value()) == Comparison(True, 1.0, {}, ())
    assert compared(value((0, 1, "a")), value()).similarity == 0


def test_which_belong_together_is_told() -> None:
    left = value((0, 8, "a"), (10, 14, "a"), (30, 34, "b"))
    right = value((10, 15, "b"), (40, 44, "b"), (0, 8, "a"))
    assert compared(left, right).matches == (("0", "2"), ("1", "0"))


def test_so_large_a_group_that_not_all_ways_are_tried() -> None:
    """Three thousand stretches in a chain, each on its own and half on the next."""
    ends = [(at * 2, at * 2 + 3, "a") for at in range(3_001)]
    assert compared(value(*ends), value(*ends)).right


def with_links(*joined: tuple[str, int, int], classes: str = "abc") -> LabelValue:
    one = value(*((at * 10, at * 10 + 5, name) for at, name in enumerate(classes)))
    return one | {"joined": joined}


def test_relations_follow_the_elements_that_they_join() -> None:
    left = with_links(("of", 0, 1), ("of", 1, 2), ("in", 2, 0))
    found = compared(left, with_links(("of", 0, 1), ("by", 1, 2), ("in", 0, 2)))
    assert found.edits == (
        Edit("relabelled", "r1", "r1"),
        Edit("deleted", "r2", ""),
        Edit("added", "", "r2"),
    )
    assert found.pairs == {
        ("a", "a"): (1, 1.0),
        ("b", "b"): (1, 1.0),
        ("c", "c"): (1, 1.0),
        ("of", "of"): (1, 1.0),
        ("of", "by"): (1, 1.0),
        ("in", ""): (1, 0.0),
        ("", "in"): (1, 0.0),
    }
    assert found.matches == (("0", "0"), ("1", "1"), ("2", "2"), ("r0", "r0"), ("r1", "r1"))
    assert found.similarity == pytest.approx(4 / 7)


def test_a_relation_goes_with_an_element_that_is_missing() -> None:
    left = with_links(("of", 0, 1))
    right = value((0, 5, "a"), (20, 25, "c")) | {"joined": [("of", 0, 1)]}
    assert [edit.what for edit in compared(left, right).edits] == ["deleted", "deleted", "added"]


def test_of_several_relations_between_two_those_of_one_name_belong_together() -> None:
    left = with_links(("of", 0, 1), ("in", 0, 1), ("by", 0, 1))
    right = with_links(("by", 0, 1), ("to", 0, 1), ("in", 0, 1))
    assert compared(left, right).matches[3:] == (("r0", "r1"), ("r1", "r2"), ("r2", "r0"))
    assert compared(left, right).edits == (Edit("relabelled", "r0", "r1"),)


links = st.lists(st.tuples(st.sampled_from(["of", "in", "by"]), st.integers(0, 2), st.integers(0, 2)), max_size=6)


@given(links, links, st.randoms(use_true_random=False))
def test_relations_too_may_come_in_any_order_and_from_either_side(
    left: list[tuple[str, int, int]], right: list[tuple[str, int, int]], chance: random.Random
) -> None:
    there, back = compared(with_links(*left), with_links(*right)), compared(with_links(*right), with_links(*left))
    shuffled = compared(with_links(*chance.sample(left, len(left))), with_links(*right))
    assert there.right == back.right == shuffled.right == (sorted(left) == sorted(right))
    assert there.similarity == back.similarity == shuffled.similarity
    assert there.pairs == shuffled.pairs == {(one, other): n for (other, one), n in back.pairs.items()}


def asking(**settings: Any) -> LabelTask:
    return LabelTask("text", "intervals", settings=RightRule(**settings), classes=())


def test_what_else_is_said_counts_where_the_task_says_so() -> None:
    left = value((0, 4, "a"), (10, 14, "a")) | {"said": [{"case": "1"}, {}]}
    right = value((0, 4, "a"), (10, 14, "a")) | {"said": [{"case": "2"}, {}]}
    strict = compare(KIND, left, right, asking(count_attributes=True))
    for task in (TASK, asking()):
        found = compare(KIND, left, right, task)
        assert (found.right, found.similarity, found.edits) == (True, 1.0, (Edit("changed", "0", "0"),))
    assert (strict.right, strict.similarity, strict.edits) == (False, 0.5, (Edit("changed", "0", "0"),))
    assert not compare(KIND, left, right, asking(count_attributes=True, least_similarity=0.6)).right


def test_an_element_that_moved_and_changed_is_told_once() -> None:
    left = value((0, 4, "a"), (10, 14, "a")) | {"said": [1, 1]}
    right = value((0, 6, "a"), (10, 14, "b")) | {"said": [2, 2]}
    assert [edit.what for edit in compared(left, right).edits] == ["moved", "relabelled"]


def test_a_task_may_allow_some_edits() -> None:
    left, right = value((0, 4, "a"), (10, 14, "a")), value((0, 4, "b"), (20, 24, "a"))
    assert len(compared(left, right).edits) == 3
    assert [compare(KIND, left, right, asking(most_edits=most)).right for most in (0, 2, 3)] == [False, False, True]


def test_or_ask_for_a_likeness() -> None:
    left, right = value((0, 4, "a"), (10, 14, "a")), value((0, 4, "a"), (10, 14, "b"))
    assert [compare(KIND, left, right, asking(least_similarity=least)).right for least in (0.5, 0.51)] == [True, False]
    alike = value((0, 5, "a"))
    assert compared(alike, value((0, 4, "a"))).edits == ()
    assert not compare(KIND, alike, value((0, 4, "a")), asking(least_similarity=0.9)).right


def test_not_both() -> None:
    with pytest.raises(ValueError, match="either most_edits or least_similarity"):
        RightRule(most_edits=1, least_similarity=0.5)


def test_where_nothing_else_decides_the_names_of_the_classes_do() -> None:
    """Either of two may be the one that became a third: it is the same one from either side."""
    two, one = value((0, 4, "a"), (0, 4, "b")), value((0, 4, "c"))
    there, back = compared(two, one), compared(one, two)
    assert there.pairs == turned(back)
    assert there.pairs == compared(value(*reversed(two["stretches"])), one).pairs
