import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as masks

from kinds.regions.shapes import bounds, shape_of
from tests.exchange.formats.region_files import meant, only, packed, read, regions, task

TRIANGLE = [10, 10, 30, 10, 30, 30]
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]


def sheet(annotations: list[Any], *names: str, **more: Any) -> dict[str, Any]:
    images = [{"id": 7 + at, "file_name": name, "width": 200, "height": 160} for at, name in enumerate(names)]
    categories = [{"id": 3, "name": "car"}, {"id": 90, "name": "bus"}]
    return {"images": images, "annotations": annotations, "categories": categories} | more


def annotation(**fields: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 40]} | fields


def files(*annotations: Any, **more: Any) -> dict[str, Any]:
    return {"img/a.jpg": None, "instances.json": sheet(list(annotations), "a.jpg")} | more


def mask_of(*places: tuple[int, int, int, int]) -> dict[str, Any]:
    mask = np.zeros((160, 200), dtype=np.uint8, order="F")
    for top, bottom, left, right in places:
        mask[top:bottom, left:right] = 1
    told = masks.encode(mask)
    return {"size": told["size"], "counts": told["counts"].decode()}


def test_a_mask_becomes_the_polygon_along_its_pixels(tmp_path: Path) -> None:
    shape = mask_of((10, 30, 20, 50), (20, 40, 20, 30))
    record = only("coco", packed(tmp_path, files(annotation(segmentation=shape, bbox=[20, 10, 30, 30]))))
    (region,) = meant(record.label).value["regions"]
    assert sorted(map(tuple, region["polygon"][0])) == [(20, 10), (20, 40), (30, 30), (30, 40), (50, 10), (50, 30)]
    assert record.notes == ("Annotation 1 is a mask: it became a polygon along its pixels.",)


def test_a_mask_in_pieces_becomes_as_many_regions_and_one_without_a_box_is_read(tmp_path: Path) -> None:
    pieces = annotation(segmentation=mask_of((10, 30, 20, 50), (100, 110, 20, 30)))
    result = {"image_id": 7, "category_id": 90, "segmentation": mask_of((50, 60, 70, 90)), "score": 0.75}
    record = only("coco", packed(tmp_path, files(pieces, **{"results.json": [result]})))
    assert [bounds(shape_of(one)) for one in regions(record.label)] == [(20, 10, 50, 30), (20, 100, 30, 110)]
    (guess,) = regions(record.prediction)
    assert guess == {"label": "bus", "box": [70, 50, 20, 10], "score": 0.75}
    assert record.notes == (
        "Annotation 1 is a mask in 2 pieces: each became a polygon along its pixels.",
        "An annotation is a mask: it became the box that it is.",
    )


@pytest.mark.parametrize(
    ("fields", "kept", "note"),
    [
        ({"iscrowd": 1, "segmentation": mask_of((1, 9, 1, 9))}, 0, "Annotation 1 is a crowd: it was left out."),
        ({"segmentation": mask_of()}, 0, "Annotation 1 is a mask that covers nothing: it was left out."),
        (
            {"segmentation": {"size": [160, 200], "counts": [5, 5]}},
            1,
            "Annotation 1 is a mask that was not taken, its runs are not those of an image of its size: its box was.",
        ),
        ({"keypoints": [5, 5, 2], "num_keypoints": 1}, 1, "The key points of annotation 1 were left out."),
    ],
)
def test_what_is_left_out_or_changed_is_told(fields: dict[str, Any], kept: int, note: str, tmp_path: Path) -> None:
    record = only("coco", packed(tmp_path, files(annotation(**fields), annotation(id=2, bbox=[3, 3, 9, 9]))))
    assert [one["box"] for one in regions(record.label)] == [*([[1, 2, 30, 40]] * kept), [3, 3, 9, 9]]
    assert record.notes == (note,)


def test_parts_that_overlap_are_one_region_and_parts_apart_are_several(tmp_path: Path) -> None:
    over = [SQUARE, [20, 20, 50, 20, 50, 50, 20, 50]]
    apart = [SQUARE, [100, 100, 150, 100, 150, 150, 100, 150]]
    record = only(
        "coco",
        packed(tmp_path, files(annotation(segmentation=over), annotation(id=2, segmentation=[*over, *apart[1:]]))),
    )
    first, *others = meant(record.label, task("car", "bus")).value["regions"]
    assert (len(first["polygon"]), len(first["polygon"][0])) == (1, 8)
    assert len(others) == 1
    assert record.notes == (
        "Annotation 1 has 2 parts that overlap: they were joined.",
        "Annotation 2 has 3 parts: those that overlap were joined, and 2 became regions.",
    )
    record = only("coco", packed(tmp_path, files(annotation(segmentation=apart))))
    assert [one["polygon"][0][0] for one in regions(record.label)] == [[10, 10], [100, 100]]


def test_one_ring_may_join_parts_and_holes(tmp_path: Path) -> None:
    there_and_back = [0, 0, 40, 0, 40, 40, 0, 40, 0, 0, 10, 10, 10, 20, 20, 20, 20, 10, 10, 10, 0, 0]
    record = only("coco", packed(tmp_path, files(annotation(segmentation=[there_and_back], bbox=None))))
    (region,) = meant(record.label).value["regions"]
    assert [len(ring) for ring in region["polygon"]] == [4, 4]
    assert record.notes == ()


def test_a_task_of_boxes_takes_a_file_of_polygons(tmp_path: Path) -> None:
    record = only("coco", packed(tmp_path, files(annotation(segmentation=[TRIANGLE], bbox=[10, 10, 20, 20]))))
    (region,) = meant(record.label, task("car", shapes=["box"])).value["regions"]
    assert region["box"] == [10, 10, 20, 20]


def test_a_polygon_that_is_the_box_is_a_box(tmp_path: Path) -> None:
    corners = [40, 20, 10, 20, 10, 60, 40, 60]
    record = only("coco", packed(tmp_path, files(annotation(bbox=[10, 20, 30, 40], segmentation=[corners]))))
    assert regions(record.label) == [{"label": "car", "box": [10, 20, 30, 40]}]


def test_names_that_collide_go_by_the_part_of_the_set_else_it_is_told(tmp_path: Path) -> None:
    images = {"train/1.jpg": None, "val/1.jpg": None}
    sheets = {
        "annotations/instances_train.json": sheet([annotation()], "1.jpg"),
        "annotations/instances_val.json": sheet([annotation(category_id=90)], "1.jpg"),
    }
    records, wrong = read("coco", packed(tmp_path, images | sheets))
    assert wrong == []
    assert {name: (one.split, regions(one.label)[0]["label"]) for name, one in records.items()} == {
        "train/1.jpg": ("train", "car"),
        "val/1.jpg": ("validation", "bus"),
    }
    records, wrong = read("coco", packed(tmp_path, images | {"all.json": sheet([annotation()], "1.jpg")}))
    assert [one.label for one in records.values()] == [None, None]
    assert wrong == ["'1.jpg': 2 images match this name, train/1.jpg and val/1.jpg."]


def test_scores_make_predictions_of_the_images_that_the_file_lists(tmp_path: Path) -> None:
    told = {"img/a.jpg": None, "img/b.jpg": None, "x.json": sheet([annotation(score=0.5)], "a.jpg", "b.jpg")}
    records, _ = read("coco", packed(tmp_path, told))
    assert [one.label for one in records.values()] == [None, None]
    assert regions(records["img/a.jpg"].prediction)[0]["score"] == 0.5
    assert regions(records["img/b.jpg"].prediction) == []


def test_nothing_is_taken_from_a_file_that_breaks_off_as_the_rest_is_not_known(tmp_path: Path) -> None:
    told = json.dumps(sheet([annotation(), annotation(id=2)], "a.jpg"))
    images = told.index('"categories"')
    record_of = {"img/a.jpg": None, "val.json": told[: images - 20], "results.json": [annotation(score=0.5)]}
    records, wrong = read("coco", packed(tmp_path, record_of))
    assert records["img/a.jpg"].label is None
    assert wrong[0].startswith("val.json cannot be read to its end: ")
    assert wrong[0].endswith("Nothing that it says was taken.")
