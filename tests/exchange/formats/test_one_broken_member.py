"""One broken member never makes a file one of another format: it is known again, and that member alone is told."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.formats import FILE_READERS, Record, RowError
from exchange.formats.choosing import candidates, recognised
from kinds import TASK_KINDS, ClassSpec, LabelTask, LabelValue
from tests.exchange.formats.carrying import REGIONS, SPANS, item, written

N = 5
Break = Callable[[bytes], bytes]


def cut_off(data: bytes) -> bytes:
    return data[: len(data) // 2]


def first_numbers(data: bytes) -> bytes:
    """Of lines of numbers: half a line may well be a line."""
    return b" ".join(data.split()[:2])


def garbage(data: bytes) -> bytes:
    return b"\x00\xfe\xff <{" + data[:3]


def first_line(broken: Break) -> Break:
    def lines(data: bytes) -> bytes:
        first, _, rest = data.partition(b"\n")
        return broken(first) + b"\n" + rest

    return lines


# (writer, reader, ending of its files of labels, whether each image has its own, ways to break one)
ARCHIVES: list[tuple[str, str, str, bool, Break]] = [
    *(("voc", "voc", ".xml", True, way) for way in (cut_off, garbage)),
    *(("labelme", "labelme", ".json", True, way) for way in (cut_off, garbage)),
    *(("dota", "dota", ".txt", True, way) for way in (first_numbers, garbage)),
    *(("yolo", "yolo", ".txt", True, way) for way in (first_numbers, garbage)),
    *(("yolo_segment", "yolo", ".txt", True, way) for way in (first_numbers, garbage)),
    *(("yolo_obb", "yolo_obb", ".txt", True, way) for way in (first_numbers, garbage)),
    ("brat", "brat", ".ann", True, lambda data: data[:8]),
    ("brat", "brat", ".ann", True, garbage),
    ("cvat", "cvat", ".xml", False, cut_off),
    ("coco", "coco", ".json", False, cut_off),
    ("coco", "coco", ".json", False, lambda data: data[: len(data) // 5]),
    ("label_studio_images", "label_studio_images", ".json", False, cut_off),
]
LINES: list[tuple[str, Break]] = [
    ("doccano", first_line(cut_off)),
    ("doccano", first_line(garbage)),
    ("prodigy", first_line(cut_off)),
    ("prodigy", first_line(garbage)),
    ("label_studio", cut_off),
    ("label_studio_choices", cut_off),
]


def value(number: int) -> LabelValue:
    shape = {"rotated_box": [50, 40, 30, 20, 30 + number]} if number % 2 else {"rotated_box": [40, 40, 20, 10, 60]}
    rows = [{"label": "PER", **shape}, {"label": "LOC", **shape, "rotated_box": [60, 45, 30, 20, 10]}]
    return {"regions": [{"id": str(at), "attributes": {}, "occluded": False, **row} for at, row in enumerate(rows)]}


def boxes(number: int) -> LabelValue:
    rows = [{"label": name, "box": [10 + number, 10, 40, 30]} for name in ("PER", "LOC")]
    return {"regions": [{"id": str(at), "attributes": {}, "occluded": False, **row} for at, row in enumerate(rows)]}


def spans() -> LabelValue:
    rows = [{"start": 0, "end": 3, "label": "PER"}, {"start": 8, "end": 11, "label": "PER"}]
    return {"spans": [{"id": str(at), "attributes": {}, **row} for at, row in enumerate(rows)], "relations": []}


def task_of(name: str) -> LabelTask:
    if name == "label_studio_choices":
        classes = TASK_KINDS["classification"].settings({})
        return LabelTask("text", "classification", classes, (ClassSpec("PER"),))
    return SPANS if "spans" in FILE_READERS[name].annotates else REGIONS


def sample(writer: str, reader: str, folder: Path) -> Path:
    task = task_of(reader)
    if task.task_kind == "regions":
        rotated = writer in {"yolo_obb", "dota"}
        return written(
            writer, folder, task, [item(n, task, value(n) if rotated else boxes(n)) for n in range(1, N + 1)]
        )
    said = spans() if task.task_kind == "spans" else {"labels": ["PER"]}
    rows = [item(n, task, said, text=f"Ada met Bob {n}") for n in range(1, N + 1)]
    return written(writer, folder, task, [replace(row, labels=["PER"]) for row in rows])


def broken(path: Path, ending: str, way: Break) -> str:
    """The archive with the first of its files of labels broken: its name."""
    stream, name = io.BytesIO(), ""
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(stream, "w") as made:
        for member in whole.infolist():
            data = whole.read(member)
            if not name and member.filename.endswith(ending) and "classes" not in member.filename:
                name, data = member.filename, way(data)
            made.writestr(member.filename, data)
    assert name
    path.write_bytes(stream.getvalue())
    return name


def known_as(path: Path, task: LabelTask) -> str | None:
    stores = "file" if task.item_kind == "image" else "text"
    return recognised(path, path.name, candidates(FILE_READERS, stores=stores, task_kind=task.task_kind))


def test_every_format_with_labels_is_tried() -> None:
    tried = {reader for _, reader, *_ in ARCHIVES} | {name for name, _ in LINES}
    # A DocBin is one packed whole, CoNLL has no members, and nothing in a file says from where VOC's pixels count. Of
    # those that are read alone the lines are broken in their own tests.
    others = {"spacy", "conll", "voc_from_zero", "prodigy_classes", "argilla"}
    assert tried | others == {name for name, one in FILE_READERS.items() if one.annotates}


@pytest.mark.parametrize(("writer", "reader", "ending", "each", "way"), ARCHIVES)
def test_an_archive_is_known_though_its_first_member_of_labels_is_broken(
    writer: str, reader: str, ending: str, each: bool, way: Break, tmp_path: Path
) -> None:
    path = sample(writer, reader, tmp_path)
    name = broken(path, ending, way)
    assert known_as(path, task_of(reader)) == reader
    entries = list(FILE_READERS[reader].rows(path))
    refused = [one.reason for one in entries if isinstance(one, RowError)]
    # What can be read of a file of brat is taken, and the rest told.
    noted = [" ".join(one.notes) for one in entries if isinstance(one, Record) and one.notes]
    assert [name in reason for reason in refused + noted] == [True], refused + noted
    labelled = [one for one in entries if isinstance(one, Record) and one.label is not None]
    assert len(labelled) == N - len(refused) if each else len(entries) == N + 1


@pytest.mark.parametrize(("name", "way"), LINES)
def test_lines_are_known_though_one_is_broken(name: str, way: Break, tmp_path: Path) -> None:
    path = sample(name, name, tmp_path)
    path.write_bytes(way(path.read_bytes()))
    assert known_as(path, task_of(name)) == name
    entries = list(FILE_READERS[name].rows(path))
    assert sum(isinstance(one, RowError) for one in entries) == 1
    assert any(isinstance(one, Record) and one.label is not None for one in entries)


def test_a_reader_that_dies_keeps_no_other_from_the_file(tmp_path: Path) -> None:
    class Dies(type(FILE_READERS["doccano"])):
        name = "dies"

        def recognises(self, path: Path) -> bool:
            raise KeyError("x")

    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x", "label": [[0, 1, "PER"]]}))
    assert recognised(path, path.name, {"dies": Dies(), "doccano": FILE_READERS["doccano"]}) == "doccano"


def test_yolo_with_a_broken_list_of_classes_is_refused_and_no_zip_of_images(tmp_path: Path) -> None:
    path = sample("yolo", "yolo", tmp_path)
    broken(path, ".yaml", lambda data: b"names: [a\n: {")
    assert known_as(path, REGIONS) == "yolo"
