"""What we write, the format's own library reads; what it writes, we read: the same places and classes."""

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import spacy
import yaml
from pycocotools.coco import COCO
from spacy.tokens import Doc, DocBin, Span

from exchange.formats import FILE_READERS
from kinds import LabelValue
from kinds.regions.shapes import bounds, outline, shape_of
from tests.exchange.formats.carrying import HEIGHT, REGIONS, SPANS, WIDTH, item, picture, records, value_of, written
from tests.exchange.formats.samples import SAMPLES, tasks_with_images, zipped

TEXT = "Ada Lovelace met  Bob\nin Paris."


def span(start: int, end: int, label: str, name: str) -> dict[str, Any]:
    return {"id": name, "start": start, "end": end, "label": label, "attributes": {}}


NESTED: LabelValue = {
    "spans": [span(0, 12, "PER", "1"), span(4, 12, "LOC", "2"), span(18, 21, "PER", "3")],
    "relations": [],
}


def region(label: str, **shape: Any) -> dict[str, Any]:
    return {"id": label, "label": label, "attributes": {}, "occluded": False} | shape


REGION_VALUE: LabelValue = {
    "regions": [
        region("PER", box=[10, 20, 30.5, 40]),
        region("LOC", polygon=[[[50, 10], [90, 10], [90, 60], [70, 80]]]),
    ]
}


def test_spacy_reads_the_documents_that_we_write(tmp_path: Path) -> None:
    items = [item(1, SPANS, NESTED, text=TEXT), item(2, SPANS, None, text="No label here.")]
    path = written("spacy", tmp_path, SPANS, items)
    labelled, other = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    assert (labelled.text, other.text) == (TEXT, "No label here.")
    assert [(one.start_char, one.end_char, one.label_) for one in labelled.ents] == [(0, 12, "PER"), (18, 21, "PER")]
    assert [(one.start_char, one.end_char, one.label_) for one in labelled.spans["sc"]] == [
        (0, 12, "PER"),
        (4, 12, "LOC"),
        (18, 21, "PER"),
    ]
    assert [token.text for token in labelled][:4] == ["Ada", "Lovelace", "met", " "]
    assert not other.has_annotation("ENT_IOB")


def test_we_read_the_documents_that_spacy_writes(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    document = nlp("😀 Ada Lovelace met Bob.")
    document.ents = [Span(document, 1, 3, label="PER")]
    document.spans["other"] = [Span(document, 2, 3, label="LOC")]
    DocBin(
        docs=[document, nlp("Nothing said."), Doc(nlp.vocab, words=["x"], ents=["O"])], store_user_data=True
    ).to_disk(tmp_path / "a.spacy")
    first, second, third = records("spacy", tmp_path / "a.spacy")
    value = value_of(first, SPANS)
    assert value is not None
    assert [(one["start"], one["end"], one["label"]) for one in value["spans"]] == [(2, 14, "PER"), (6, 14, "LOC")]
    assert (second.label, third.text) == (None, "x ")
    assert value_of(third, SPANS) == {"spans": [], "relations": []}


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_pycocotools_reads_what_we_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written("coco", tmp_path, REGIONS, [item(7, REGIONS, REGION_VALUE), item(8, REGIONS, {"regions": []})])
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "coco")
    coco = COCO(tmp_path / "coco/annotations.json")
    assert [one["file_name"] for one in coco.loadImgs(coco.getImgIds())] == ["7.png", "8.png"]
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[7]))
    names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
    assert len(annotations) == 2
    for one, told in zip(annotations, REGION_VALUE["regions"], strict=True):
        left, top, right, bottom = bounds(shape_of(told))
        assert one["bbox"] == pytest.approx([left, top, right - left, bottom - top])
        assert names[one["category_id"]] == told["label"]
        # Its masks count whole pixels.
        assert coco.annToMask(one).sum() == pytest.approx(one["area"], rel=0.05)


def test_we_read_datumaros_coco_as_pycocotools_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "coco.zip").write_bytes(zipped(SAMPLES / "datumaro/coco"))
    found = {one.external_id: one for one in records("coco", tmp_path / "coco.zip")}
    assert {name: one.split for name, one in found.items()} == {"train/a.jpg": "train", "val/b.jpg": "validation"}
    for split, name in (("train", "train/a.jpg"), ("val", "val/b.jpg")):
        coco = COCO(SAMPLES / f"datumaro/coco/annotations/instances_{split}.json")
        plain = [one for one in coco.loadAnns(coco.getAnnIds()) if not one["iscrowd"]]
        told = found[name].label
        assert told is not None
        regions: Any = told.value["regions"]  # type: ignore[call-overload]
        names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
        assert Counter(one["label"] for one in regions) == Counter(
            name for one in plain for name in [names[one["category_id"]]] * max(1, _parts(one))
        )
        crowds = len(coco.getAnnIds()) - len(plain)
        assert sum("crowd" in note for note in found[name].notes) == crowds
        for one in plain:
            if _parts(one) < 1:
                assert one["bbox"] in [region.get("box") for region in regions]


def _parts(annotation: dict[str, Any]) -> int:
    return len(annotation["segmentation"]) if isinstance(annotation["segmentation"], list) else 0


def test_masks_become_what_they_cover_and_crowds_go_and_both_are_told(tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8, order="F")
    mask[10:30, 20:50] = 1
    from pycocotools import mask as masks  # noqa: PLC0415 - beside what is tried

    packed = masks.encode(mask)
    packed["counts"] = packed["counts"].decode()
    document = {
        "images": [{"id": "x", "file_name": "a.png"}],
        "categories": [{"id": 7, "name": "PER"}],
        "annotations": [
            {"id": 1, "image_id": "x", "category_id": 7, "bbox": [20, 10, 30, 20], "segmentation": packed},
            {"id": 2, "image_id": "x", "category_id": 7, "bbox": [0, 0, 9, 9], "segmentation": packed, "iscrowd": 1},
            {"id": 3, "image_id": "x", "category_id": 7, "bbox": [0, 0, 9, 9], "segmentation": []},
        ],
    }
    results = [{"image_id": "x", "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.75}]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", picture())
        archive.writestr("instances.json", json.dumps(document))
        archive.writestr("results.json", json.dumps(results))
    (record,) = records("coco", tmp_path / "a.zip")
    value = value_of(record, REGIONS)
    assert value is not None
    assert [one["box"] for one in value["regions"]] == [[20, 10, 30, 20], [0, 0, 9, 9]]
    assert record.notes == (
        "Annotation 1 is a mask: it became the box that it is.",
        "Annotation 2 is a crowd: it was left out.",
    )
    assert record.prediction is not None
    guessed = value_of(record, REGIONS, prediction=True)
    assert guessed is not None
    assert [one["box"] for one in guessed["regions"]] == [[1, 2, 3, 4]]
    assert FILE_READERS["coco"].recognises(tmp_path / "a.zip")


def test_yolo_as_ultralytics_describes_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(written("yolo", tmp_path, REGIONS, [item(1, REGIONS, REGION_VALUE)])) as archive:
        about = yaml.safe_load(archive.read("data.yaml"))
        line = archive.read("labels/1.txt").decode().splitlines()[0]
        assert "images/1.png" in archive.namelist()
    assert about["names"] == dict(enumerate(("PER", "LOC", "a name, of two")))
    assert [float(one) for one in line.split()] == pytest.approx(
        [0, 25.25 / WIDTH, 40 / HEIGHT, 30.5 / WIDTH, 40 / HEIGHT]
    )


def test_a_models_detections_are_predictions_with_their_confidence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("images/a.png", picture())
        archive.writestr("images/b.png", picture(1))
        archive.writestr("labels/a.txt", "0 0.5 0.5 0.1 0.1 0.75\n1 .1 .1 .2 .1 .2 .2 0.5\n")
        archive.writestr("classes.txt", "PER\nLOC\n")
    first, second = records("yolo", tmp_path / "a.zip")
    assert first.label is None
    assert first.prediction is not None
    assert [one["score"] for one in first.prediction.value["regions"]] == [0.75, 0.5]  # type: ignore[call-overload]
    assert (second.label, second.prediction) == (None, None)


@pytest.mark.parametrize(("format", "left"), [("voc", 0), ("voc_from_zero", 1)])
def test_pixels_of_voc_are_counted_from_one_or_from_zero(format: str, left: int, tmp_path: Path) -> None:
    (tmp_path / "voc.zip").write_bytes(zipped(SAMPLES / "datumaro/voc"))
    found = {one.external_id: one for one in records(format, tmp_path / "voc.zip")}
    assert set(found) == {"2007_000001.jpg", "2007_000002.jpg"}
    assert found["2007_000001.jpg"].split == "train"
    told = found["2007_000001.jpg"].label
    assert told is not None
    first = cast(Any, told.value)["regions"][0]
    assert first["label"] == "cat"
    assert first["attributes"] == {"truncated": "1"}
    assert first["box"] == [left, left + 1, 3 - left, 3 - left]
    assert found["2007_000002.jpg"].label is None


def test_datumaros_yolo_and_dota(tmp_path: Path) -> None:
    (tmp_path / "yolo.zip").write_bytes(zipped(SAMPLES / "datumaro/yolo"))
    found = {one.external_id: one for one in records("yolo", tmp_path / "yolo.zip")}
    told = found["train/1.jpg"].label
    assert told is not None
    assert [one["label"] for one in told.value["regions"]] == ["label_2", "label_4"]  # type: ignore[call-overload]
    (tmp_path / "dota.zip").write_bytes(zipped(SAMPLES / "datumaro/dota"))
    assert FILE_READERS["dota"].recognises(tmp_path / "dota.zip")
    assert not FILE_READERS["yolo_obb"].recognises(tmp_path / "dota.zip")
    lines = (SAMPLES / "datumaro/dota/train/labelTxt/train_001.txt").read_text().split("\n")
    objects = [line.split() for line in lines if len(line.split()) >= 9]
    record = next(one for one in records("dota", tmp_path / "dota.zip") if one.external_id == "train/train_001.jpg")
    assert record.label is not None
    regions: Any = record.label.value["regions"]  # type: ignore[call-overload]
    assert [one["label"] for one in regions] == [parts[8] for parts in objects]


@pytest.mark.parametrize("name", ["boxes", "polygons"])
def test_label_studios_own_exports(name: str, tmp_path: Path) -> None:
    (tmp_path / "tasks.zip").write_bytes(tasks_with_images(SAMPLES / f"label_studio/{name}.json"))
    found = {one.external_id: one for one in records("label_studio_images", tmp_path / "tasks.zip")}
    for task in json.loads((SAMPLES / f"label_studio/{name}.json").read_text()):
        record = found[task["data"]["image"].split("-", 1)[1]]
        results = task["annotations"][0]["result"]
        assert record.label is not None
        regions: Any = record.label.value["regions"]  # type: ignore[call-overload]
        assert len(regions) == len(results)
        for region, one in zip(regions, results, strict=True):
            value, width, height = one["value"], one["original_width"], one["original_height"]
            points = outline(shape_of(region))
            first = value["points"][0] if name == "polygons" else (value["x"], value["y"])
            assert points[0] == pytest.approx((first[0] * width / 100, first[1] * height / 100))
        assert bool(record.notes) == (len(task["annotations"]) > 1)


def test_text_of_label_studio_with_a_relation_and_its_conll() -> None:
    (record,) = records("label_studio", SAMPLES / "label_studio/ner.json")
    assert record.text == "Ann works at Acme 😀 now"
    assert record.label is not None
    assert record.label.value == {
        "spans": [
            {"id": "s1", "start": 0, "end": 3, "label": "PER", "score": 0.9},
            {"id": "s2", "start": 13, "end": 17, "label": "ORG"},
        ],
        "relations": [{"from": "s1", "to": "s2", "label": "works_for"}],
    }
    # Its predictions stand there by id alone.
    assert len(record.notes) == 1
    (other,) = records("conll", SAMPLES / "label_studio/ner.conll")
    assert other.text == record.text
    assert other.label is not None
    assert other.label.value == {
        "spans": [{"start": 0, "end": 3, "label": "PER"}, {"start": 13, "end": 17, "label": "ORG"}]
    }
