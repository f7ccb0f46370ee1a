"""How spans are compared, item by item: who else counts them comes to the same."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinds import LabelValue, Outline
from kinds.matching import Comparison, Edit, compare
from tests.kinds.pairs import turned
from tests.kinds.spans.test_value import KIND, TEXT, parsed, span, task, values


def compared(left: LabelValue, right: LabelValue, **settings: Any) -> Comparison:
    return compare(KIND, left, right, task(**settings))


def test_spans_with_equal_ends_belong_together_and_then_their_class_counts() -> None:
    left = parsed(span(0, 4), span(0, 4, "ORG"), span(6, 9, "LOC"), span(20, 25))
    right = parsed(span(0, 4, "ORG"), span(6, 9), span(20, 26))
    found = compared(left, right)
    assert not found.right
    assert found.pairs == {
        ("ORG", "ORG"): (1, 1.0),
        ("LOC", "PER"): (1, 1.0),
        ("PER", ""): (2, 0.0),
        ("", "PER"): (1, 0.0),
    }
    assert [edit.what for edit in found.edits] == ["relabelled", "deleted", "deleted", "added"]
    assert found.similarity == pytest.approx(1 / 5)


def test_where_overlaps_match_a_span_with_another_end_has_moved() -> None:
    left, right = parsed(span(0, 4), span(10, 20)), parsed(span(0, 4), span(12, 20), span(30, 31))
    found = compared(left, right, match="overlap")
    assert found.edits == (Edit("moved", "2", "2"), Edit("added", "", "3"))
    assert found.pairs == {("PER", "PER"): (2, 1.8), ("", "PER"): (1, 0.0)}
    assert [one.what for one in compared(left, right, match="overlap", kept_overlap=0.8).edits] == ["added"]
    assert len(compared(left, right, match="overlap", least_overlap=0.9).edits) == 3


def test_attributes_count_where_the_task_says_so() -> None:
    left, right = parsed(span(0, 4, attributes={"case": "nom"})), parsed(span(0, 4, attributes={"case": "acc"}))
    assert compared(left, right).right
    assert compared(left, right).edits == (Edit("changed", "1", "1"),)
    assert not compared(left, right, count_attributes=True).right


def test_relations_are_compared_by_what_they_join() -> None:
    spans = span(0, 4, id="a"), span(5, 9, "ORG", id="b")
    others = span(0, 4, id="x"), span(5, 9, "ORG", id="y"), span(20, 21, id="a")
    left = parsed(*spans, relations=[{"id": "r", "from": "a", "to": "b", "label": "knows"}])
    kept = parsed(*others, relations=[{"id": "q", "from": "x", "to": "y", "label": "knows"}])
    other = parsed(*others, relations=[{"id": "q", "from": "x", "to": "y", "label": "works at"}])
    turned = parsed(*others, relations=[{"id": "q", "from": "y", "to": "x", "label": "knows"}])
    added = Edit("added", "", "a")
    assert compared(left, kept).edits == (added,)
    assert compared(left, kept).matches == (("a", "x"), ("b", "y"), ("r", "q"))
    assert compared(left, other).edits == (added, Edit("relabelled", "r", "q"))
    assert compared(left, other).pairs["knows", "works at"] == (1, 1.0)
    assert compared(left, turned).edits == (added, Edit("deleted", "r", ""), Edit("added", "", "q"))
    assert not compared(left, parsed(*spans)).right


matching = st.sampled_from([{}, {"match": "overlap"}, {"match": "overlap", "least_overlap": 0.2}])


@given(values(), values(), matching)
def test_it_makes_no_difference_which_is_which(one: Any, other: Any, settings: dict[str, Any]) -> None:
    left, right = parsed(*one["spans"], relations=one["relations"]), parsed(*other["spans"])
    there, back = compared(left, right, **settings), compared(right, left, **settings)
    assert there.right == back.right
    assert there.similarity == pytest.approx(back.similarity)
    assert there.pairs == turned(back)


@given(values(), matching)
def test_a_value_is_like_itself(raw: Any, settings: dict[str, Any]) -> None:
    value = parsed(*raw["spans"], relations=raw["relations"])
    found = compared(value, value, **settings)
    assert (found.right, found.similarity, found.edits) == (True, 1.0, ())
    assert all(left == right for left, right in found.matches)


@given(values(), values())
def test_by_default_a_value_is_right_if_the_sets_are_equal(one: Any, other: Any) -> None:
    left, right = parsed(*one["spans"]), parsed(*other["spans"])
    sets = [{(row["start"], row["end"], row["label"]) for row in value["spans"]} for value in (left, right)]
    found = compared(left, right)
    assert found.right == (sets[0] == sets[1])
    kept = sum(n for (a, b), (n, _) in found.pairs.items() if a == b)
    assert kept == len(sets[0] & sets[1])


@given(values(), values(), st.floats(0.05, 0.95))
def test_the_overlaps_are_those_of_counting_characters(one: Any, other: Any, least: float) -> None:
    left, right = (KIND.elements(parsed(*raw["spans"])) for raw in (one, other))
    told = {(i, j): share for i, j, share in KIND.overlaps(left, right, least)}
    for i, (start, end) in enumerate(left.places):
        for j, (other_start, other_end) in enumerate(right.places):
            mine, theirs = set(range(start, end)), set(range(other_start, other_end))
            share = len(mine & theirs) / len(mine | theirs)
            assert told.get((i, j), 0) == (share if share >= least else 0)
            assert KIND.agreement(left, i, right, j, task()) == pytest.approx(share)


def test_nothing_overlaps_with_nothing() -> None:
    empty, some = KIND.elements(parsed()), KIND.elements(parsed(span(0, 4)))
    for left, right in ((empty, empty), (empty, some), (some, empty)):
        assert list(KIND.overlaps(left, right, 0.5)) == list(KIND.overlaps(left, right, 1.0)) == []


damaged_with = st.sampled_from([{}, {"overlapping": False}, {"match": "overlap"}, {"most_edits": 1}])


@given(values(), damaged_with, st.integers(0, 10**6))
def test_a_damage_is_one_fault_that_counts(raw: Any, settings: dict[str, Any], seed: int) -> None:
    asked = task(**settings)
    value = KIND.parse(raw | {"relations": raw["relations"]}, asked, TEXT, mend=True).value
    damage = KIND.damage(value, asked, TEXT, random.Random(seed), likely=["LOC", "x"])
    if damage is None:
        assert not value["spans"] or settings.get("most_edits")
        return
    assert KIND.parse(damage.value, asked, TEXT).value == damage.value
    assert not compare(KIND, value, damage.value, asked).right
    before, after = ({one["id"]: one for one in found["spans"]} for found in (value, damage.value))
    assert {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)} == {damage.element}


def test_there_are_damages_of_every_kind() -> None:
    value = parsed(span(3, 15), span(20, 29, "ORG"))
    found = [KIND.damage(value, task(), TEXT, random.Random(seed), likely=["LOC"]) for seed in range(60)]
    assert {damage.what for damage in found if damage} == {"relabelled", "moved", "deleted", "added"}
    labels = {
        row["label"] for damage in found if damage and damage.what == "relabelled" for row in damage.value["spans"]
    }
    assert labels == {"PER", "ORG", "LOC"}
    assert KIND.damage(parsed(), task(), TEXT, random.Random(0)) is None


def test_a_value_at_a_glance() -> None:
    value = parsed(span(0, 4, id="a"), span(5, 9, "ORG"), span(10, 12, "ORG"))
    assert KIND.outline(value, TEXT) == Outline("2 ORG, 1 PER", {"ORG": 2, "PER": 1})
    joined = parsed(span(0, 4, id="a"), span(5, 9, id="b"), relations=[{"from": "a", "to": "b", "label": "knows"}])
    assert KIND.outline(joined, TEXT).text == "2 PER; 1 relation"
    assert KIND.outline(parsed(), TEXT) == Outline("no spans")
