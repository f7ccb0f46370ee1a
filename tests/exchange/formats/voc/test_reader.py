from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS
from tests.exchange.formats.region_files import meant, only, packed, read, regions, task

BOX = "<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>40</xmax><ymax>60</ymax></bndbox>"
SIZE = "<size><width>200</width><height>160</height><depth>3</depth></size>"


def thing(inside: str = BOX, name: str = "car") -> str:
    return f"<object><name>{name}</name>{inside}</object>"


def xml(*objects: str, size: str = SIZE) -> str:
    return f"<annotation><filename>a.jpg</filename>{size}{''.join(objects)}</annotation>"


def files(content: str, **more: Any) -> dict[str, Any]:
    return {"JPEGImages/a.jpg": None, "Annotations/a.xml": content} | more


@pytest.mark.parametrize(("format", "box"), [("voc", [10, 20, 30, 40]), ("voc_from_zero", [11, 21, 29, 39])])
def test_pixels_are_counted_from_one_or_from_zero(format: str, box: list[float], tmp_path: Path) -> None:
    (region,) = regions(only(format, packed(tmp_path, files(xml(thing())))).label)
    assert region["box"] == box


def test_what_is_said_of_an_object_is_attributes_and_parts_are_told(tmp_path: Path) -> None:
    about = "<difficult>1</difficult><truncated>1</truncated><pose>Left</pose><occluded>1</occluded>"
    more = "<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>"
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    nothing = "<difficult>0</difficult><truncated>0</truncated><pose>Unspecified</pose><occluded>0</occluded>"
    record = only("voc", packed(tmp_path, files(xml(thing(BOX + about + more + part), thing(BOX + nothing, "bus")))))
    one, other = regions(record.label)
    assert one["attributes"] == {"truncated": "1", "difficult": "1", "pose": "Left", "colour": "red"}
    assert one["occluded"] is True
    assert one["box"] == other["box"] == [10, 20, 30, 40]
    assert (other["attributes"], other.get("occluded", False)) == ({}, False)
    assert record.notes == ("The parts of object 1, 'car', were left out.",)
    # A task that has no such attributes is told of each.
    assert len(meant(record.label).notes) == 4
    assert not meant(record.label, task("car", "bus", attributes={name: {} for name in one["attributes"]})).notes


def test_a_turned_box_is_in_radians_and_a_task_of_boxes_takes_the_one_around_it(tmp_path: Path) -> None:
    turned = "<robndbox><cx>100</cx><cy>80</cy><w>40</w><h>20</h><angle>1.5707963</angle></robndbox>"
    record = only("voc", packed(tmp_path, files(xml(thing(turned)))))
    assert meant(record.label).value["regions"][0]["rotated_box"] == [100, 80, 40, 20, 90]
    assert meant(record.label, task("car", shapes=["box"])).value["regions"][0]["box"] == [90, 60, 20, 40]


def test_lists_tell_the_parts_of_the_set(tmp_path: Path) -> None:
    more = {"JPEGImages/b.jpg": None, "Annotations/b.xml": xml(), "ImageSets/Main/val.txt": "b\n"}
    lists = {"ImageSets/Main/train.txt": "a\n", "ImageSets/Main/car_train.txt": "a  1\nb -1"}
    records, wrong = read("voc", packed(tmp_path, files(xml(), **more, **lists)))
    assert wrong == []
    assert {name: one.split for name, one in records.items()} == {"a.jpg": "train", "b.jpg": "validation"}


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>", "<size/>"])
def test_a_size_may_be_missing_or_nothing(size: str, tmp_path: Path) -> None:
    assert len(regions(only("voc", packed(tmp_path, files(xml(thing(), size=size)))).label)) == 1


def test_scores_make_predictions(tmp_path: Path) -> None:
    record = only("voc", packed(tmp_path, files(xml(thing(f"{BOX}<score>0.75</score>"), thing()))))
    assert [one["score"] for one in regions(record.prediction)] == [0.75]
    assert len(regions(record.label)) == 1


BOMB = (
    '<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<annotation><object><name>&b;</name></object></annotation>"
)
OUTSIDE = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><object><name>&x;</name></object></annotation>'
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<annotation><object>", "not XML"),
        (BOMB, "rejected"),
        (OUTSIDE, "rejected"),
        ("<other><annotation/></other>", "contains no annotation"),
        (xml(thing("<bndbox><xmin>1</xmin></bndbox>")), "ymin of object 1"),
        (xml(thing("<bndbox><xmin>9</xmin><ymin>1</ymin><xmax>1</xmax><ymax>9</ymax></bndbox>")), "wrong way round"),
        (b"<?xml version='1.0' encoding='no-such'?><annotation/>", "unknown encoding"),
        (b"<annotation>\xff</annotation>", "not XML"),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_image(content: Any, reason: str, tmp_path: Path) -> None:
    more = {"JPEGImages/b.jpg": None, "Annotations/b.xml": xml(thing())}
    path = packed(tmp_path, files(content, **more))
    records, (text,) = read("voc", path)
    assert list(records) == ["b.jpg"]
    assert text.startswith("JPEGImages/a.jpg: Annotations/a.xml, ")
    assert reason in text
    assert FILE_READERS["voc"].classes(path) == ["car"]
