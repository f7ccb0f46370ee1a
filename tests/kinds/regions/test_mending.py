"""Values of files and labelers: what can be mended is, and notes say how."""

from typing import Any

import pytest
import shapely

from ground.errors import InvalidValue
from kinds import NOWHERE, Extent
from kinds.base import Parsed
from kinds.regions.shapes import corners
from tests.kinds.regions.test_value import IMAGE, KIND, SQUARE, box, polygon, rotated, task

TRIANGLE = [[10, 10], [30, 10], [30, 30]]


def mended(*regions: Any, parts: Any = None, extent: Extent = IMAGE, **settings: Any) -> Parsed:
    return KIND.parse({"regions": list(regions)}, task(**settings), extent, mend=True, parts=parts)


def shapes(found: Parsed) -> list[Any]:
    about = ("id", "label", "attributes", "occluded")
    return [value for one in found.value["regions"] for name, value in one.items() if name not in about]


def test_classes_may_be_spelt_in_any_way_and_scores_become_parts() -> None:
    found = mended(box(1, 1, 5, 5, label="AUTO", score=0.5, id=3), box(9, 9, 5, 5, label="bus"))
    assert [(one["id"], one["label"]) for one in found.value["regions"]] == [("3", "car"), ("1", "bus")]
    assert (found.parts, found.notes) == ((0.5, None), ())
    assert mended(box(1, 1, 5, 5, score=0.5), box(9, 9, 5, 5), parts=[0.25, 1]).parts == (0.25, 1.0)


def test_a_box_that_sticks_out_is_cut_and_one_that_lies_outside_goes() -> None:
    found = mended(
        box(-5, 70, 10, 20, score=0.1), box(95.5, 1, 10, 4, score=0.2), box(100, 1, 5, 5, id="b17", score=0.3)
    )
    assert shapes(found) == [[0, 70, 5, 10], [95.5, 1, 4.5, 4]]
    assert found.parts == (0.1, 0.2)
    assert found.notes == (
        "Region 1: it was cut to the image.",
        "Region 2: it was cut to the image.",
        "Region 3 (id b17): it lies outside the image, which is 100 × 80 pixels. It was left out.",
    )
    assert shapes(mended(box(-5, 70, 10, 20), extent=NOWHERE)) == [[-5, 70, 10, 20]]


def test_a_polygon_that_sticks_out_is_cut() -> None:
    found = mended(polygon([[90, 10], [110, 10], [110, 30], [90, 30]]), polygon([[110, 1], [120, 1], [120, 9]]))
    assert len(shapes(found)) == 1
    cut = shapely.Polygon(shapes(found)[0][0])
    assert cut.equals(shapely.box(90, 10, 100, 30))
    assert found.notes == (
        "Region 1: it lies outside the image, which is 100 × 80 pixels. It was repaired.",
        "Region 2: it lies outside the image, which is 100 × 80 pixels. It was left out.",
    )


def test_of_a_polygon_that_crosses_itself_the_largest_piece_stays() -> None:
    found = mended(polygon([[10, 10], [40, 40], [40, 10], [20, 30]]))
    told = shapely.Polygon(shapes(found)[0][0])
    assert told.is_valid
    assert told.equals(shapely.Polygon([(25, 25), (40, 40), (40, 10)]))
    assert found.notes[0].startswith("Region 1: its polygon crosses or touches itself (Self-intersection")
    assert found.notes[0].endswith("It was repaired, and the largest of 2 pieces kept.")


def test_holes_that_are_none_go() -> None:
    assert shapes(mended(polygon(SQUARE, [], [[1, 1], [2, 2]]))) == [[SQUARE]]


@pytest.mark.parametrize(
    "row",
    [
        None,
        {"label": "car"},
        box(1, 1, 0, 5),
        box(1, 1, 5, "5"),
        rotated(200, 200, 5, 5, 5),
        polygon([[1, 1], [2, 2]]),
        polygon([[1, 1], [2, 2], [3, 3]]),
        polygon([[1, 1], [None, 2], [1, 3]]),
    ],
)
def test_a_region_that_means_nothing_is_left_out(row: Any) -> None:
    found = mended(row, box(1, 1, 5, 5, id="a"))
    assert [one["id"] for one in found.value["regions"]] == ["a"]
    assert len(found.notes) == 1
    assert found.notes[0].startswith("Region 1: ")
    assert found.notes[0].endswith(" It was left out.")


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("cat", "Region 2 (id b): the dataset has no class 'cat'."),
        ("Old", "Region 2 (id b): the class 'old' is deactivated."),
    ],
)
def test_a_class_that_cannot_be_given_makes_the_value_wrong(label: str, says: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        mended(box(1, 1, 5, 5), box(1, 1, 0, 5, label=label, id="b"))
    assert refused.value.message == says


def test_of_two_regions_that_are_the_same_the_surer_stays() -> None:
    found = mended(box(1, 1, 5, 5, id="a", score=0.5), box(9, 9, 5, 5, id="c"), box(1, 1, 5.0001, 5, id="b", score=0.9))
    assert [one["id"] for one in found.value["regions"]] == ["c", "b"]
    assert found.parts == (None, 0.9)
    assert found.notes == ("Region 1 (id a): it is the same as Region 3 (id b). It was left out.",)


def test_of_two_with_one_id_the_second_gets_another() -> None:
    found = mended(box(1, 1, 5, 5, id="1"), box(9, 9, 5, 5, id=1), box(20, 9, 5, 5))
    assert [one["id"] for one in found.value["regions"]] == ["1", "2", "3"]
    assert found.notes == ("Region 2 (id 1): another region has its id. It got another.",)


def test_a_shape_becomes_one_that_the_task_has_where_nothing_is_lost() -> None:
    found = mended(box(10, 10, 4, 2), shapes=["rotated_box"])
    assert shapes(found) == [[12, 11, 4, 2, 0]]
    assert found.notes == ("Region 1: regions of this task cannot be a box. It became a rotated_box.",)
    found = mended(box(10, 10, 4, 2), rotated(50, 50, 4, 2, 90), rotated(0, 40, 20, 10, 0), shapes=["polygon"])
    assert shapes(found)[0] == [[[10, 10], [14, 10], [14, 12], [10, 12]]]
    assert shapely.Polygon(shapes(found)[1][0]).equals(shapely.box(49, 48, 51, 52))
    assert shapely.Polygon(shapes(found)[2][0]).equals(shapely.box(0, 35, 10, 45))


def test_a_shape_becomes_the_box_around_it_where_the_task_has_nothing_nearer() -> None:
    found = mended(rotated(50, 50, 4, 2, 90), polygon(TRIANGLE), shapes=["box"])
    assert shapes(found) == [[49, 48, 2, 4], [10, 10, 20, 20]]
    assert found.notes == (
        "Region 1: regions of this task cannot be a rotated_box. It became the box around it.",
        "Region 2: regions of this task cannot be a polygon. It became the box around it.",
    )
    assert shapes(mended(polygon(TRIANGLE), shapes=["box", "rotated_box"])) == [[10, 10, 20, 20]]
    turned = [[20, 10], [30, 20], [20, 30], [10, 20]]
    (around,) = shapes(mended(polygon(turned), shapes=["rotated_box"]))
    assert sorted([round(x, 2), round(y, 2)] for x, y in corners(*around)) == sorted(turned)
    # Where it sticks out of the image, it is cut to it.
    assert shapes(mended(rotated(0, 40, 20, 10, 90), shapes=["box"])) == [[0, 30, 5, 20]]


def test_occluded_may_be_a_number_or_missing() -> None:
    rows = [box(at, 1, 5, 5, occluded=given) for at, given in enumerate((1, 0, None, "yes"))]
    found = mended(*rows)
    assert [one["occluded"] for one in found.value["regions"]] == [True, False, False, False]
    assert found.notes == ("Region 4: occluded is neither true nor false. It counts as false.",)
