from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.formats import FILE_READERS
from ground.errors import InvalidInput
from tests.exchange.formats.region_files import meant, only, packed, read, regions

YAML = "path: .\nnames:\n  0: car\n  1: bus\n"


def files(lines: str, **more: Any) -> dict[str, Any]:
    return {"images/train/a.jpg": None, "labels/train/a.txt": lines, "data.yaml": YAML} | more


@pytest.mark.parametrize(
    ("shape", "points", "score"),
    [
        ("[2, 3]", ".1 .1 2 .2 .2 1", None),
        ("[2, 2]", ".1 .1 .2 .2", None),
        ("[2, 3]", ".1 .1 2 .2 .2 1 .75", 0.75),
        ("[1, 2]", ".1 .1 .75", 0.75),
    ],
)
def test_key_points_are_left_out_and_told(shape: str, points: str, score: float | None, tmp_path: Path) -> None:
    lines = f"0 0.5 0.5 0.1 0.25 {points}\n1 0.5 0.5 0.1 0.25 {points}\n"
    path = packed(tmp_path, files(lines, **{"data.yaml": f"{YAML}kpt_shape: {shape}\n"}))
    record = only("yolo", path)
    found = regions(record.label if score is None else record.prediction)
    assert [one["box"] for one in found] == [[90, 60, 20, 40]] * 2
    assert [one.get("score") for one in found] == [score] * 2
    assert record.notes == ("The key points of 2 regions were left out.",)
    assert FILE_READERS["yolo"].recognises(path)
    assert not FILE_READERS["yolo_obb"].recognises(path)


def joined(segments: Sequence[Any]) -> list[Any]:
    """Parts joined to one ring as Ultralytics' converter of COCO does it: nearest points first, there and back."""
    parts = [np.array(one).reshape(-1, 2) for one in segments]
    places: list[list[int]] = [[] for _ in parts]
    for at in range(1, len(parts)):
        distance = ((parts[at - 1][:, None, :] - parts[at][None, :, :]) ** 2).sum(-1)
        one, other = np.unravel_index(np.argmin(distance), distance.shape)
        places[at - 1].append(int(one))
        places[at].append(int(other))
    way = []
    for at, where in enumerate(places):
        here = where
        if len(here) == 2 and here[0] > here[1]:
            here = here[::-1]
            parts[at] = parts[at][::-1, :]
        parts[at] = np.roll(parts[at], -here[0], axis=0)
        parts[at] = np.concatenate([parts[at], parts[at][:1]])
        ends = at in {0, len(places) - 1}
        way.append(parts[at] if ends else parts[at][: here[1] - here[0] + 1])
    for at in range(len(places) - 2, 0, -1):
        way.append(parts[at][abs(places[at][1] - places[at][0]) :])
    return np.concatenate(way).tolist()


@pytest.mark.parametrize("count", [2, 3])
def test_parts_that_a_polygon_joins_are_regions_again(count: int, tmp_path: Path) -> None:
    squares = [[[x, 16], [x + 20, 16], [x + 20, 32], [x, 32]] for x in (10, 60, 110)][:count]
    ring = joined(squares)
    line = " ".join(f"{part:.6f}" for x, y in ring for part in (x / 200, y / 160))
    record = only("yolo", packed(tmp_path, files(f"0 {line}\n")))
    found = meant(record.label).value["regions"]
    wanted = sorted(sorted(map(tuple, one)) for one in squares)
    assert sorted(sorted(map(tuple, one["polygon"][0])) for one in found) == wanted
    assert record.notes == (f"Line 1 joins {count} parts: each became a region.",)


def test_a_polygon_may_end_where_it_began_and_go_into_a_hole(tmp_path: Path) -> None:
    closed = "0 .1 .1 .3 .1 .3 .3 .1 .3 .1 .1"
    hole = "1 .1 .1 .5 .1 .5 .5 .1 .5 .1 .1 .2 .2 .2 .4 .4 .4 .4 .2 .2 .2 .1 .1"
    record = only("yolo", packed(tmp_path, files(f"{closed}\n{hole}\n")))
    one, other = meant(record.label).value["regions"]
    assert [len(ring) for ring in one["polygon"]] == [4]
    assert [len(ring) for ring in other["polygon"]] == [4, 4]
    assert record.notes == ()


def test_a_last_number_is_how_sure_a_model_is(tmp_path: Path) -> None:
    lines = "0 0.5 0.5 0.1 0.25 0.75\n0 0 0 .1 .1 0 .1 .25"
    record = only("yolo", packed(tmp_path, files(lines)))
    assert record.label is None
    assert [one["score"] for one in regions(record.prediction)] == [0.75, 0.25]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 100 50 20 20", "its numbers are not shares"),
        ("0 nan 0.5 0.1 0.1", "its numbers are not shares"),
        ("inf 0.5 0.5 0.1 0.1", "the class inf has no name"),
        ("0.5 0.5 0.5 0.1 0.1", "the class 0.5 has no name"),
        ("5 0.5 0.5 0.1 0.1", "the class 5 has no name"),
        ("0 0.5 0.5 0.1", "it has 4 numbers"),
        ("car 0.5 0.5 0.1 0.1", "what stands there is not a number, 'car'"),
    ],
)
def test_a_bad_line_costs_its_image_and_is_named(line: str, reason: str, tmp_path: Path) -> None:
    more = {"images/train/b.jpg": None, "labels/train/b.txt": "1 .5 .5 .1 .1\n"}
    records, wrong = read("yolo", packed(tmp_path, files(f"0 .5 .5 .1 .1\n\n{line}\n", **more)))
    assert list(records) == ["train/b.jpg"]
    (text,) = wrong
    assert f"labels/train/a.txt, line 3: {reason}" in text


@pytest.mark.parametrize(
    "names",
    [
        {"data.yaml": "names: [car, bus]\nnc: 2"},
        {"obj.names": "car\nbus\n"},
        {"sub/classes.txt": "\ufeffcar\r\nbus\r\n\r\n"},
        {"data.yml": "names: {'1': bus, '0': car}"},
    ],
)
def test_names_may_stand_in_any_of_their_places(names: dict[str, str], tmp_path: Path) -> None:
    told = {"obj_train_data/a.jpg": None, "obj_train_data/a.txt": "1 0.5 0.5 0.1 0.1"} | names
    assert regions(only("yolo", packed(tmp_path, told)).label)[0]["label"] == "bus"


def test_names_that_collide_in_two_folders_are_two_images(tmp_path: Path) -> None:
    more = {"images/val/a.jpg": None, "labels/val/a.txt": "1 .5 .5 .1 .1", "images/test/a.jpg": None}
    records, wrong = read("yolo", packed(tmp_path, files("0 .5 .5 .1 .1", **more)))
    assert wrong == []
    found = {name: one.label and regions(one.label)[0]["label"] for name, one in records.items()}
    assert found == {"train/a.jpg": "car", "val/a.jpg": "bus", "test/a.jpg": None}


def test_of_paths_that_come_to_the_same_the_one_in_its_place_counts(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "data.yaml": YAML,
        "images/a.jpg": None,
        "labels/a.txt": "0 .5 .5 .1 .1",
        "data/a.jpg": None,
        "data/a.txt": "1 .5 .5 .1 .1",
        "images/b.jpg": None,
        "data/b.jpg": None,
        "labels/b.txt": "0 .5 .5 .1 .1",
    }
    records, wrong = read("yolo", packed(tmp_path, told))
    found = {name: one.label and regions(one.label)[0]["label"] for name, one in records.items()}
    assert found == {"a.jpg": "car", "data/a.jpg": "bus", "b.jpg": "car", "data/b.jpg": None}
    assert wrong == []


def test_labels_without_an_image_are_told_where_darknet_puts_them(tmp_path: Path) -> None:
    told = {"obj.names": "car\n", "obj_train_data/a.jpg": None, "obj_train_data/b.txt": "0 .5 .5 .1 .1"}
    _, wrong = read("yolo", packed(tmp_path, told))
    assert wrong == ["obj_train_data/b.txt: there is no image of that name."]


@pytest.mark.parametrize(
    ("line", "format"), [("0 .5 .5 .1 .25\n", "yolo"), ("0 .1 .1 .3 .1 .3 .3 .1 .3\n", "yolo_obb")]
)
def test_without_names_of_classes_it_is_known_again_and_what_is_missing_is_told(
    line: str, format: str, tmp_path: Path
) -> None:
    """Taken for a zip of images, its labels would be lost without a word."""
    path = packed(tmp_path, {"images/a.jpg": None, "labels/a.txt": line})
    assert [name for name in ("yolo", "yolo_obb") if FILE_READERS[name].recognises(path)] == [format]
    with pytest.raises(InvalidInput, match=r"does not name its classes\. Add data\.yaml"):
        list(FILE_READERS[format].rows(path))
