from pathlib import Path
from typing import Any

import pytest

from tests.exchange.formats.region_files import meant, only, packed, read, regions, task

NAME = "label_studio_images"


def rectangle(**fields: Any) -> dict[str, Any]:
    value = {"x": 5, "y": 12.5, "width": 15, "height": 25, "rotation": 0, "rectanglelabels": ["car"]}
    size = {"original_width": 200, "original_height": 160}
    return {"id": "r", "type": "rectanglelabels", "from_name": "l", "to_name": "i", "value": value} | size | fields


def polygon(**fields: Any) -> dict[str, Any]:
    value = {"points": [[5, 5], [50, 5], [50, 50]], "closed": True, "polygonlabels": ["bus"]}
    return rectangle(id="p", type="polygonlabels", value=value) | fields


def one_task(*results: Any, image: Any = "/data/upload/3/1a2b3c4d-a.jpg", **fields: Any) -> dict[str, Any]:
    said = [{"id": 1, "result": list(results), "was_cancelled": False}]
    return {"id": 1, "data": {"image": image}, "annotations": said, "predictions": []} | fields


def files(*tasks: Any, **more: Any) -> dict[str, Any]:
    return {"img/a.jpg": None, "tasks.json": list(tasks)} | more


def test_places_are_percents_and_rectangles_turn_about_their_upper_left_corner(tmp_path: Path) -> None:
    turned = {"x": 50, "y": 50, "width": 20, "height": 12.5, "rotation": 90, "rectanglelabels": ["car"]}
    record = only(NAME, packed(tmp_path, files(one_task(rectangle(), polygon(), rectangle(id="t", value=turned)))))
    box, shape, rotated = meant(record.label).value["regions"]
    assert box["box"] == [10, 20, 30, 40]
    assert (shape["label"], shape["polygon"]) == ("bus", [[[10, 8], [100, 8], [100, 80]]])
    assert rotated["rotated_box"] == [90, 100, 40, 20, 90]
    boxes = meant(record.label, task("car", "bus", shapes=["box"])).value["regions"]
    assert boxes[2]["box"] == [80, 80, 20, 40]


def test_percents_are_of_the_image_whatever_the_task_says_of_its_size(tmp_path: Path) -> None:
    plain = rectangle()
    del plain["original_width"]
    other = rectangle(original_width=400, original_height=320)
    for one in (plain, other):
        (region,) = regions(only(NAME, packed(tmp_path, files(one_task(one)))).label)
        assert region["box"] == [10, 20, 30, 40]


@pytest.mark.parametrize(
    "kind", ["brushlabels", "ellipselabels", "keypointlabels", "bitmasklabels", "vectorlabels", "videorectangle"]
)
def test_what_is_no_region_is_left_out_and_told(kind: str, tmp_path: Path) -> None:
    other = rectangle(id="o", type=kind, value={"x": 1, "y": 1, kind: ["car"], "format": "rle", "rle": [0, 1]})
    record = only(NAME, packed(tmp_path, files(one_task(rectangle(), other))))
    assert len(regions(record.label)) == 1
    assert record.notes == (f"1 {kind} left out.",)


def test_places_outside_are_cut_when_they_are_taken(tmp_path: Path) -> None:
    out = {"x": -5, "y": 90, "width": 15, "height": 25, "rotation": 0, "rectanglelabels": ["car"]}
    parsed = meant(only(NAME, packed(tmp_path, files(one_task(rectangle(value=out))))).label)
    assert parsed.value["regions"][0]["box"] == [0, 144, 20, 16]
    assert parsed.notes


def test_predictions_bring_scores_and_people_have_none(tmp_path: Path) -> None:
    said = {"model_version": "m", "score": 0.5, "result": [rectangle(score=0.25), polygon()]}
    record = only(NAME, packed(tmp_path, files(one_task(rectangle(score=0.9), predictions=[said]))))
    assert record.prediction is not None
    assert record.prediction.confidence == 0.5
    assert meant(record.prediction).parts == (0.25, None)
    assert meant(record.label).parts is None


@pytest.mark.parametrize(
    "image",
    [
        "a.jpg",
        "img/a.jpg",
        "/data/upload/1a2b3c4d-a.jpg",
        "https://example.com/x/a.jpg?width=3",
        "s3://bucket/deep/a.jpg",
        "/data/local-files/?d=folder/a.jpg",
        "https://example.com/x/%61.jpg",
    ],
)
def test_images_are_found_by_their_names(image: str, tmp_path: Path) -> None:
    assert len(regions(only(NAME, packed(tmp_path, files(one_task(rectangle(), image=image)))).label)) == 1


def test_names_that_collide_in_two_folders_go_by_the_path_or_are_told(tmp_path: Path) -> None:
    told = files(
        one_task(rectangle(), image="/data/local-files/?d=one/a.jpg"),
        one_task(polygon(), image="two/a.jpg"),
        one_task(rectangle(), image="a.jpg"),
        **{"one/a.jpg": None, "two/a.jpg": None},
    )
    del told["img/a.jpg"]
    records, wrong = read(NAME, packed(tmp_path, told))
    assert {name: [one["label"] for one in regions(record.label)] for name, record in records.items()} == {
        "one/a.jpg": ["car"],
        "two/a.jpg": ["bus"],
    }
    assert wrong == ["tasks.json, task 3: 'a.jpg': 2 images match this name, one/a.jpg and two/a.jpg."]


def test_an_image_that_was_turned_in_label_studio_is_refused_with_the_remedy(tmp_path: Path) -> None:
    _, wrong = read(NAME, packed(tmp_path, files(one_task(rectangle(image_rotation=90)))))
    assert wrong == ["img/a.jpg: it was rotated in Label Studio; rotate the image file itself."]


def test_annotations_that_were_once_called_completions_count(tmp_path: Path) -> None:
    old = one_task(rectangle())
    old["completions"] = old.pop("annotations")
    assert len(regions(only(NAME, packed(tmp_path, files(old))).label)) == 1
