"""What cannot be read costs one entry, which is named with a remedy; the others are read. A whole file is refused only
when nothing in it can be told."""

import io
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from exchange.formats import FILE_READERS, Record, RowError
from exchange.formats.spacy_docbin.packed import check
from ground.errors import InvalidInput
from tests.exchange.formats.carrying import picture

GOOD_SPAN = {"text": "Ada met Bob", "spans": [{"start": 0, "end": 3, "label": "PER"}]}
VOC = "<annotation><object><name>{}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>9</ymax></bndbox></object></annotation>"  # noqa: E501
ENTITY = '<!DOCTYPE a [<!ENTITY x "y">]>' + VOC.format("&x;", 9)


def archive(members: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return stream.getvalue()


def images(folder: str = "images/") -> dict[str, bytes | str]:
    return {f"{folder}{name}.png": picture(number) for number, name in enumerate("abc")}


def lines(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def coco(**more: Any) -> str:
    listed = [{"id": number, "file_name": f"{name}.png"} for number, name in enumerate("abc")]
    return json.dumps({"images": listed, "categories": [{"id": 1, "name": "PER"}], "annotations": []} | more)


def box(image: int, **more: Any) -> dict[str, Any]:
    return {"id": image, "image_id": image, "category_id": 1, "bbox": [1, 1, 8, 8]} | more


def tasks(*results: Any) -> str:
    named = [
        {"data": {"image": f"/x/{name}.png"}, "annotations": [{"result": one}]}
        for name, one in zip("abc", results, strict=False)
    ]
    return json.dumps(named)


def rectangle(**more: Any) -> dict[str, Any]:
    value = {"x": 1, "y": 1, "width": 8, "height": 8, "rectanglelabels": ["PER"]} | more
    return {"id": "1", "type": "rectanglelabels", "value": value}


CASES: dict[str, tuple[str, bytes, int, str]] = {
    # format, file, entries that are read, what the error says
    "a tag that is none": ("conll", b"Ada B-PER\nmet O\n\nBob what\n\nCy B-PER\n", 2, "line 4 has 'what'"),
    "a line without tag": ("conll", b"Ada\tB-PER\n\nBob\n\nCy\tB-PER\n", 2, "line 3 has 1 column,"),
    "no text of brat": (
        "brat",
        archive({"a.txt": "Ada", "a.ann": "T1\tPER 0 3\tAda\n", "b.txt": "Bob", "b.ann": b"T1\tPER 0 3\t\xff\n"}),
        1,
        r"b\.ann: it is not UTF-8, at byte 11\.",
    ),
    "a text that is missing": (
        "brat",
        archive({"a.txt": "Ada", "a.ann": "", "b.ann": "T1\tPER 0 3\tBob\n"}),
        1,
        r"b\.ann annotates a text",
    ),
    "no spans of Prodigy": (
        "prodigy",
        lines(GOOD_SPAN, {"text": "x", "spans": {"start": 0}}, GOOD_SPAN),
        2,
        "spans is not a list",
    ),
    "an answer that is none": (
        "prodigy",
        lines(GOOD_SPAN | {"answer": "accept"}, GOOD_SPAN | {"answer": "maybe"}),
        1,
        "answer",
    ),
    "no JSON": ("doccano", lines({"text": "x", "label": []}, "{", {"text": "y", "label": []}), 2, "it is not JSON"),
    "no entities": (
        "doccano",
        lines({"text": "x", "entities": 5}, {"text": "y", "label": []}),
        1,
        "entities is not a list",
    ),
    "no task": ("label_studio", json.dumps([{"data": {"text": "x"}, "annotations": []}, 7]).encode(), 1, "not a task"),
    "a file that breaks off": ("label_studio", b'[{"data": {"text": "x"}, "annotations": []}, {"da', 1, "not JSON"),
    "a category that is none": (
        "coco",
        archive(images() | {"c.json": coco(annotations=[box(0), box(1, category_id=9)])}),
        2,
        "category 9",
    ),
    "a box that is none": (
        "coco",
        archive(images() | {"c.json": coco(annotations=[box(0, bbox=[1, "x"])])}),
        2,
        "bbox",
    ),
    "an image that is not there": (
        "coco",
        archive(images() | {"c.json": coco(images=[{"id": 0, "file_name": "a.png"}, {"id": 1, "file_name": "z.png"}])}),
        3,
        "'z.png'",
    ),
    "an image that no file lists": ("coco", archive(images() | {"c.json": coco(annotations=[box(7)])}), 3, "id 7"),
    "a COCO file that breaks off": ("coco", archive(images() | {"c.json": coco()[:-30]}), 3, "to its end"),
    "a class without name": (
        "yolo",
        archive(
            images() | {"classes.txt": "PER\n", "labels/a.txt": "0 .5 .5 .1 .1\n", "labels/b.txt": "4 .5 .5 .1 .1"}
        ),
        2,
        "class 4 has no name",
    ),
    "no number": (
        "yolo",
        archive(images() | {"classes.txt": "PER\n", "labels/a.txt": "0 x .5 .1 .1\n"}),
        2,
        "labels/a.txt, line 1",
    ),
    "labels without image": (
        "yolo",
        archive(images() | {"classes.txt": "PER\n", "labels/z.txt": "0 .5 .5 .1 .1\n"}),
        3,
        "labels/z.txt: there is no image",
    ),
    "three corners": (
        "yolo_obb",
        archive(images() | {"classes.txt": "PER\n", "labels/a.txt": "0 .1 .1 .2 .1 .2 .2\n"}),
        2,
        "6 numbers instead of 8",
    ),
    "no XML": (
        "voc",
        archive(images() | {"Annotations/a.xml": "<annotation>", "Annotations/b.xml": VOC.format("x", 9)}),
        2,
        "not XML",
    ),
    "an entity": ("voc", archive(images() | {"Annotations/a.xml": ENTITY}), 2, "rejected"),
    "an object without name": ("voc", archive(images() | {"Annotations/a.xml": VOC.format("", 9)}), 2, "no name"),
    "a corner that is no number": ("voc", archive(images() | {"Annotations/a.xml": VOC.format("x", "y")}), 2, "xmax"),
    "points that are none": (
        "cvat",
        archive(
            images()
            | {
                "annotations.xml": '<annotations><image name="a.png"><polygon label="x" points="1;2"/></image>'
                '<image name="b.png"/></annotations>'
            }
        ),
        2,
        "points of a polygon",
    ),
    "an XML that breaks off": (
        "cvat",
        archive(images() | {"annotations.xml": '<annotations><image name="a.png"/><image'}),
        3,
        "to its end",
    ),
    "a video": (
        "cvat",
        archive(images() | {"annotations.xml": '<annotations><track id="4"/></annotations>'}),
        3,
        "video",
    ),
    "no shapes": ("labelme", archive(images("") | {"a.json": "{}", "b.json": '{"shapes": []}'}), 2, "no shapes"),
    "a point that is none": (
        "labelme",
        archive(images("") | {"a.json": json.dumps({"shapes": [{"label": "x", "points": [[1]]}]})}),
        2,
        "points of shape 1",
    ),
    "seven numbers": ("dota", archive(images() | {"labelTxt/a.txt": "1 1 2 1 2 2 x 0\n"}), 2, "object 1 has 8 parts"),
    "a rectangle that is none": (
        "label_studio_images",
        archive(images() | {"t.json": tasks([rectangle(x="a")], [rectangle()])}),
        2,
        "the x of a rectangle",
    ),
    "a task without image": (
        "label_studio_images",
        archive(images() | {"t.json": json.dumps([{"data": {"image": "z.png"}, "annotations": []}])}),
        3,
        "no such image",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_entry_is_refused_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    format, data, good, says = CASES[name]
    path = tmp_path / "file"
    path.write_bytes(data)
    reader = FILE_READERS[format]
    entries = list(reader.rows(path))
    errors = [one for one in entries if isinstance(one, RowError)]
    assert len([one for one in entries if isinstance(one, Record)]) == good
    assert len(errors) == 1, entries
    assert re.search(says, errors[0].reason), errors[0]
    assert errors[0].remedy
    # The same entries from any place on.
    again = list(reader.rows(path, start=1))
    assert [type(one) for one in again] == [type(one) for one in entries[1:]]
    assert [one.number for one in again] == [one.number for one in entries[1:]]


@pytest.mark.parametrize("name", [name for name, one in FILE_READERS.items() if one.annotates])
@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01", b"{}", b"[]", b"PK\x05\x06", b"\xff\xfe{}", b"[[[", b'"', b"5", b"<a/>"]
)
def test_a_file_of_another_kind_is_refused_with_a_reason_and_not_known_again(
    name: str, data: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"file{FILE_READERS[name].extensions[0]}"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        FILE_READERS[name].columns(path)
    assert caught.value.message
    assert not FILE_READERS[name].recognises(path)


def test_a_docbin_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.spacy"
    path.write_bytes(zlib.compress(b"\0" * 5_000_000))
    with pytest.raises(InvalidInput, match="unpacks to more than 1,000,000"):
        check(path, most=1_000_000)
    path.write_bytes(zlib.compress(b"\0" * 5_000)[:-6])
    with pytest.raises(InvalidInput, match="ends early"):
        check(path)
