from pathlib import Path
from typing import Any

import pytest

from tests.exchange.formats.region_files import meant, only, packed, read, regions


def shape(**fields: Any) -> dict[str, Any]:
    return {"label": "car", "points": [[40, 60], [10, 20]], "shape_type": "rectangle", "flags": {}} | fields


def sheet(*shapes: Any, **more: Any) -> dict[str, Any]:
    about = {"imagePath": "a.jpg", "imageData": None, "imageWidth": 200, "imageHeight": 160}
    return about | {"shapes": list(shapes)} | more


def files(*shapes: Any, **more: Any) -> dict[str, Any]:
    return {"set/a.jpg": None, "set/a.json": sheet(*shapes, **more)}


@pytest.mark.parametrize(
    "points",
    [[[10, 20], [40, 60]], [[40, 60], [10, 20]], [[40, 20], [10, 60]], [[10, 20], [40, 20], [40, 60], [10, 60]]],
)
def test_a_rectangle_has_its_corners_in_any_order(points: Any, tmp_path: Path) -> None:
    record = only("labelme", packed(tmp_path, files(shape(points=points))))
    assert meant(record.label).value["regions"][0]["box"] == [10, 20, 30, 40]
    assert record.notes == ()


def test_polygons_may_lack_their_type_and_turned_boxes_are_ones(tmp_path: Path) -> None:
    polygon = shape(label="bus", shape_type=None, points=[[10, 10], [30.5, 10], [30, 30]])
    turned = shape(shape_type="rotation", points=[[110, 60], [110, 100], [90, 100], [90, 60]], direction=1.57)
    record = only("labelme", packed(tmp_path, files(polygon, turned)))
    one, other = meant(record.label).value["regions"]
    assert one["polygon"] == [[[10, 10], [30.5, 10], [30, 30]]]
    assert other["rotated_box"] == [100, 80, 40, 20, 90]


def test_flags_attributes_and_scores(tmp_path: Path) -> None:
    about = shape(flags={"occluded": True, "cut": True, "old": False}, attributes={"colour": "red"}, difficult=True)
    record = only("labelme", packed(tmp_path, files(about, shape(label="bus", score=0.25))))
    (one,), (guess,) = regions(record.label), regions(record.prediction)
    assert one["occluded"] is True
    assert one["attributes"] == {"cut": "true", "difficult": "true", "colour": "red"}
    assert (guess["label"], guess["score"]) == ("bus", 0.25)


def test_what_has_no_place_here_is_told(tmp_path: Path) -> None:
    shapes = [
        shape(shape_type="circle"),
        shape(shape_type="line"),
        shape(shape_type="point", points=[[1, 1]]),
        shape(shape_type="mask", mask="aGFsbG8="),
        shape(group_id=3, description="a red one"),
        shape(group_id=3),
    ]
    record = only("labelme", packed(tmp_path, files(*shapes, flags={"blurred": True, "dark": False})))
    assert len(regions(record.label)) == 3
    assert record.notes == (
        "Shape 1, circle, was left out.",
        "Shape 2, line, was left out.",
        "Shape 3, point, was left out.",
        "Shape 4 is a mask: its box was used.",
        "The groups of 2 shapes were left out.",
        "The descriptions of 1 shape were left out.",
        "Flags of the image were left out.",
    )


def test_a_file_without_its_image_is_told_wherever_it_lies(tmp_path: Path) -> None:
    records, wrong = read("labelme", packed(tmp_path, files() | {"set/b.json": sheet(shape())}))
    assert list(records) == ["set/a.jpg"]
    assert wrong == ["set/b.json: there is no image of that name."]


def test_the_same_name_in_two_folders_is_two_images(tmp_path: Path) -> None:
    more = {"other/a.jpg": None, "other/a.json": sheet(shape(label="bus")), "third/a.jpg": None}
    records, wrong = read("labelme", packed(tmp_path, files(shape()) | more))
    assert wrong == []
    assert {
        name: record.label and [one["label"] for one in regions(record.label)] for name, record in records.items()
    } == {
        "set/a.jpg": ["car"],
        "other/a.jpg": ["bus"],
        "third/a.jpg": None,
    }
