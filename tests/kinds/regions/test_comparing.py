"""How regions are compared: held against shapely for each pair, and against counting them by hand."""

import random
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from kinds import NOWHERE, LabelValue, Outline
from kinds.matching import Comparison, Edit, compare
from tests.kinds.pairs import about, turned
from tests.kinds.regions.test_value import IMAGE, KIND, SQUARE, box, parsed, polygon, rotated, task, values


def compared(left: LabelValue, right: LabelValue, **settings: Any) -> Comparison:
    return compare(KIND, left, right, task(**settings))


def drawn(region: dict[str, Any]) -> Any:
    """The region as shapely draws it: turned by shapely itself."""
    if "box" in region:
        x, y, width, height = region["box"]
        return shapely.box(x, y, x + width, y + height)
    if "polygon" in region:
        return shapely.Polygon(region["polygon"][0], region["polygon"][1:])
    x, y, width, height, degrees = region["rotated_box"]
    upright = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    # With y pointing down, what is against the clock for shapely is clockwise.
    return affinity.rotate(upright, degrees, origin=(x, y))


def share(one: dict[str, Any], other: dict[str, Any]) -> float:
    left, right = drawn(one), drawn(other)
    return float(left.intersection(right).area / left.union(right).area)


@given(values(), values(), st.floats(0.05, 0.95))
def test_the_overlaps_are_those_that_shapely_finds_pair_by_pair(
    left: LabelValue, right: LabelValue, least: float
) -> None:
    one, other = KIND.elements(left), KIND.elements(right)
    told = {(i, j): found for i, j, found in KIND.overlaps(one, other, least)}
    for i, region in enumerate(left["regions"]):
        for j, against in enumerate(right["regions"]):
            true = share(region, against)
            assert told.get((i, j), 0) == pytest.approx(true) or (told.get((i, j), 0) == 0 and true < least + 1e-9)
            assert KIND.agreement(one, i, other, j, task()) == pytest.approx(true)


def test_a_rotated_box_turns_clockwise() -> None:
    """A long box from left to right, turned by 30 degrees: its right end sinks, as y points down."""
    low, high = rotated(66, 49, 4, 4, 0), rotated(66, 31, 4, 4, 0)
    long = KIND.elements(parsed(rotated(50, 40, 40, 4, 30)))
    ends = KIND.elements(parsed(low, high))
    assert [KIND.agreement(long, 0, ends, at, task()) > 0 for at in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("left", "right", "overlap"),
    [
        (box(0, 0, 10, 10), box(5, 0, 10, 10), 1 / 3),
        (rotated(5, 5, 10, 10, 90), box(0, 0, 10, 10), 1),
        (polygon([[0, 0], [10, 0], [0, 10]]), box(0, 0, 10, 10), 0.5),
        (polygon([[0, 0], [10, 0], [10, 10], [0, 10]], [[2, 2], [8, 2], [8, 8], [2, 8]]), box(2, 2, 6, 6), 0),
        (polygon([[0, 0], [10, 0], [10, 10], [0, 10]], [[2, 2], [8, 2], [8, 8], [2, 8]]), box(0, 0, 10, 10), 0.64),
    ],
)
def test_overlaps_that_are_known(left: Any, right: Any, overlap: float) -> None:
    one, other = KIND.elements(parsed(left)), KIND.elements(parsed(right))
    assert KIND.agreement(one, 0, other, 0, task()) == pytest.approx(overlap)
    expected: Any = [(0, 0, pytest.approx(overlap))] if overlap else []
    assert list(KIND.overlaps(one, other, 0.1)) == expected


def test_regions_belong_together_from_one_overlap_and_are_kept_from_another() -> None:
    left = parsed(box(0, 0, 10, 10), box(30, 0, 10, 10), box(60, 0, 10, 10), box(0, 40, 10, 10))
    right = parsed(box(0, 0, 10, 9), box(30, 0, 10, 6), box(60, 0, 10, 4), box(0, 40, 10, 10, label="bus"))
    found = compared(left, right)
    assert found.edits == (
        Edit("moved", "2", "2"),
        Edit("relabelled", "4", "4"),
        Edit("deleted", "3", ""),
        Edit("added", "", "3"),
    )
    assert found.pairs == {
        ("car", "car"): (2, pytest.approx(1.5)),
        ("car", "bus"): (1, 1.0),
        ("car", ""): (1, 0.0),
        ("", "car"): (1, 0.0),
    }
    assert found.matches == (("1", "1"), ("2", "2"), ("4", "4"))
    assert [edit.what for edit in compared(left, right, match_iou=0.3, kept_iou=0.3).edits] == ["relabelled"]


def test_what_else_is_said_counts_where_the_task_says_so() -> None:
    left = parsed(box(0, 0, 10, 10, occluded=True), box(20, 0, 10, 10))
    right = parsed(box(0, 0, 10, 10), box(20, 0, 10, 10, attributes={"colour": "red"}))
    assert compared(left, right).right
    assert [edit.what for edit in compared(left, right).edits] == ["changed", "changed"]
    assert not compared(left, right, count_attributes=True).right


def test_the_kind_of_shape_makes_no_difference() -> None:
    left = parsed(box(10, 10, 10, 10))
    assert compared(left, parsed(polygon(SQUARE))).similarity == pytest.approx(1)
    assert compared(left, parsed(rotated(15, 15, 10, 10, 180))).similarity == pytest.approx(1)


@given(values(), values())
def test_it_makes_no_difference_which_is_which(left: LabelValue, right: LabelValue) -> None:
    there, back = compared(left, right), compared(right, left)
    assert there.right == back.right
    assert there.similarity == pytest.approx(back.similarity)
    assert there.pairs == turned(back)


@given(values(), values(), st.randoms(use_true_random=False))
def test_nor_in_what_order_they_were_drawn(left: LabelValue, right: LabelValue, chance: random.Random) -> None:
    shuffled = {"regions": chance.sample(left["regions"], len(left["regions"]))}
    one, other = compared(left, right), compared(shuffled, right)
    assert one.right == other.right
    assert one.similarity == pytest.approx(other.similarity)
    assert one.pairs == about(other)


@given(values())
def test_a_value_is_like_itself(value: LabelValue) -> None:
    found = compared(value, value, match_iou=1, kept_iou=1)
    assert (found.right, found.similarity, found.edits) == (True, 1.0, ())
    assert found.matches == tuple((one["id"], one["id"]) for one in value["regions"])


@pytest.mark.parametrize("draw", ["box", "rotated_box", "polygon"])
def test_two_thousand_regions_are_matched_with_those_that_they_were_made_from(draw: str) -> None:
    """On a grid, so that each lies on its own and touches none but that."""
    chance = random.Random(4)
    spots = [(x, y) for x in range(0, 1000, 20) for y in range(0, 800, 20)]
    made = {
        "box": lambda x, y, size: box(x, y, size, size),
        "rotated_box": lambda x, y, size: rotated(x + size / 2, y + size / 2, size, size, 20),
        "polygon": lambda x, y, size: polygon([[x, y], [x + size, y], [x + size / 2, y + size]]),
    }[draw]
    left = parsed(*(made(x, y, 12) for x, y in spots), extent=NOWHERE)
    order = chance.sample(range(len(spots)), len(spots) - 100)
    right = parsed(
        *(made(spots[at][0] + 0.5, spots[at][1], 12) | {"id": f"of {at + 1}"} for at in order), extent=NOWHERE
    )
    found = compared(left, right)
    assert len(left["regions"]) == 2_000
    assert set(found.matches) == {(str(at + 1), f"of {at + 1}") for at in order}
    assert [edit.what for edit in found.edits] == ["deleted"] * 100


asked = st.sampled_from([{}, {"most_edits": 1}, {"match_iou": 0.1, "kept_iou": 0.1}, {"shapes": ["polygon"]}])


@given(values(), asked, st.integers(0, 10**6), st.sampled_from([IMAGE, NOWHERE]))
def test_a_damage_is_one_fault_that_counts(value: LabelValue, settings: Any, seed: int, extent: Any) -> None:
    wanted = task(**settings)
    value = KIND.parse(value, wanted, IMAGE, mend=True).value
    damage = KIND.damage(value, wanted, extent, random.Random(seed), likely=["x", "bus"])
    if damage is None:
        assert not value["regions"] or settings.get("most_edits")
        return
    assert KIND.parse(damage.value, wanted, extent).value == damage.value
    assert not compare(KIND, value, damage.value, wanted).right
    before, after = ({one["id"]: one for one in found["regions"]} for found in (value, damage.value))
    assert {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)} == {damage.element}


def test_there_are_damages_of_every_kind() -> None:
    value = parsed(box(40, 40, 10, 10), rotated(20, 20, 8, 4, 30), polygon([[60, 20], [70, 20], [65, 40]]))
    found = [KIND.damage(value, task(), IMAGE, random.Random(seed)) for seed in range(40)]
    assert {damage.what for damage in found if damage} == {"relabelled", "moved", "deleted"}
    assert {damage.element for damage in found if damage and damage.what == "moved"} == {"1", "2", "3"}
    assert KIND.damage(parsed(), task(), IMAGE, random.Random(0)) is None


def test_a_value_at_a_glance() -> None:
    value = parsed(box(50, 0, 50, 40, label="bus"), box(0, 0, 10, 10), polygon(SQUARE))
    found = KIND.outline(value, IMAGE)
    assert (found.text, found.counts) == ("2 car, 1 bus", {"car": 2, "bus": 1})
    assert found.shapes[0] == ("bus", [(0.5, 0), (1, 0), (1, 0.5), (0.5, 0.5)])
    assert found.shapes[2] == ("car", [(0.1, 0.125), (0.2, 0.125), (0.2, 0.25), (0.1, 0.25)])
    assert KIND.outline(value, NOWHERE).shapes == ()
    assert KIND.outline(parsed(), IMAGE) == Outline("no regions", {}, [])


def test_a_thumbnail_is_not_drawn_over_without_end() -> None:
    ring = [[50 + at, 10 + at] for at in range(20)] + [[50 + at, 30 + at] for at in range(19, -1, -1)]
    value = parsed(polygon(ring), *(box(at % 90, at // 90, 2, 2) for at in range(400)))
    shapes = KIND.outline(value, IMAGE).shapes
    assert len(shapes) == 300
    assert len(shapes[0][1]) == 20
    assert all(0 <= x <= 1 and 0 <= y <= 1 for _, points in shapes for x, y in points)
