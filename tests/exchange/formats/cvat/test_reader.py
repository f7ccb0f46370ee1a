from pathlib import Path
from typing import Any

from tests.exchange.formats.region_files import meant, only, packed, read, regions, task

BOX = '<box label="car" occluded="0" xtl="40" ytl="60" xbr="10" ybr="20" z_order="0"></box>'


def image(*shapes: str, name: str = "a.jpg", more: str = "") -> str:
    return f'<image id="0" name="{name}" width="200" height="160"{more}>{"".join(shapes)}</image>'


def files(*parts: str, **more: Any) -> dict[str, Any]:
    told = f'<?xml version="1.0"?><annotations><version>1.1</version><meta/>{"".join(parts)}</annotations>'
    return {"images/a.jpg": None, "annotations.xml": told} | more


def test_shapes_come_as_they_are_stacked_and_turn_about_their_middle(tmp_path: Path) -> None:
    over = '<box label="car" occluded="1" xtl="90" ytl="60" xbr="110" ybr="100" rotation="30" z_order="2"/>'
    polygon = '<polygon label="bus" points="10.5,10;30,10;30,30" z_order="1"/>'
    record = only("cvat", packed(tmp_path, files(image(over, polygon, BOX))))
    box, shape, turned = meant(record.label).value["regions"]
    assert box["box"] == [10, 20, 30, 40]
    assert shape["polygon"] == [[[10.5, 10], [30, 10], [30, 30]]]
    assert (turned["rotated_box"], turned["occluded"]) == ([100, 80, 20, 40, 30], True)


def test_attributes_of_every_type_are_what_stands_there_and_none_where_nothing_does(tmp_path: Path) -> None:
    said = {"colour": "red", "parked": "false", "doors": "4", "plate": "", "note": " a\nb "}
    inside = "".join(f'<attribute name="{name}">{value}</attribute>' for name, value in said.items())
    record = only("cvat", packed(tmp_path, files(image(BOX.replace("></box>", f">{inside}</box>")))))
    attributes = {"colour": {"values": ["red", "blue"]}, "parked": {"values": ["true", "false"]}, "doors": {}}
    of = task("car", attributes=attributes | {"plate": {"values": ["yes"]}, "note": {}})
    parsed = meant(record.label, of)
    assert parsed.value["regions"][0]["attributes"] == {
        "colour": "red",
        "doors": "4",
        "note": "a\nb",
        "parked": "false",
    }
    assert list(parsed.notes) == []


def test_what_is_no_region_is_told(tmp_path: Path) -> None:
    others = [
        '<polyline label="car" points="1,2;3,4"/>',
        '<points label="car" points="1,2"/>',
        '<points label="car" points="3,2"/>',
        '<ellipse label="car" cx="50" cy="50" rx="9" ry="5"/>',
        '<mask label="car" rle="1, 2" left="1" top="1" width="2" height="2"/>',
        '<cuboid label="car"/>',
        '<skeleton label="car"><points label="x" points="1,2"/></skeleton>',
        '<tag label="car"/>',
    ]
    record = only("cvat", packed(tmp_path, files(image(BOX, *others))))
    assert len(regions(record.label)) == 1
    kinds = {note.split(" left out")[0] for note in record.notes}
    assert kinds == {
        "1 of kind polyline",
        "2 of kind points",
        "1 of kind ellipse",
        "1 of kind mask",
        "1 of kind cuboid",
        "1 of kind skeleton",
        "1 of kind tag",
    }


def test_tracks_of_a_video_are_refused_in_words_and_its_images_are_read(tmp_path: Path) -> None:
    track = '<track id="{}" label="car"><box frame="0" outside="0" xtl="1" ytl="1" xbr="5" ybr="5"/></track>'
    tracks = [track.format(number) for number in range(3)]
    records, wrong = read("cvat", packed(tmp_path, files(*tracks[:2], image(BOX), tracks[2])))
    assert len(regions(records["a.jpg"].label)) == 1
    assert wrong == ["annotations.xml: 3 tracks of a video left out."]


def test_what_is_not_there_is_told_of_the_first_thousand_images(tmp_path: Path) -> None:
    lost = [image(BOX, name=f"lost/{number}.jpg") for number in range(1_005)]
    records, wrong = read("cvat", packed(tmp_path, files(*lost, image())))
    assert regions(records["a.jpg"].label) == []
    assert len(wrong) == 1_001
    assert wrong[0] == "'lost/0.jpg': there is no such image."
    assert wrong[-1] == "… and 5 more that cannot be read, or have no image."


def test_the_same_name_in_two_folders_is_told_apart_by_subset_or_path(tmp_path: Path) -> None:
    two: dict[str, Any] = {"images/train/a.jpg": None, "images/val/a.jpg": None}
    told = files(image(BOX, more=' subset="train"'), image(more=' subset="val"'), image(BOX, name="a.jpg"), **two)
    del told["images/a.jpg"]
    records, wrong = read("cvat", packed(tmp_path, told))
    assert [(name, one.split, len(regions(one.label))) for name, one in records.items()] == [
        ("train/a.jpg", "train", 1),
        ("val/a.jpg", "validation", 0),
    ]
    assert wrong == ["'a.jpg': 2 images match this name, images/train/a.jpg and images/val/a.jpg."]
