"""Real sets, from the upload to the items: their labels are those that an independent reading of the files finds."""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import shapely
from PIL import Image

from accounts.models import Role
from datasets.classes import add_class
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item, Membership
from exchange import importing
from tests.exchange.formats.samples import SAMPLES, tasks_with_images, zipped
from tests.loops import work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db

# The label of each item by its id or text: (where, class) of its elements, in any order.
Labels = dict[str, Counter[tuple[Any, ...]]]


@dataclass(frozen=True)
class RealSet:
    upload: Callable[[], bytes]
    name: str
    format: str
    kind: str
    independent: Callable[[], Labels]
    settings: dict[str, Any] | None = None


def wnut() -> Labels:
    found: Labels = {}
    for block in (SAMPLES / "wnut17/dev.conll").read_text().strip().split("\n\n"):
        words, spans, at = [], [], 0
        for line in block.split("\n"):
            word, tag = line.split("\t")
            if tag.startswith("B-"):
                spans.append([at, at + len(word), tag[2:]])
            elif tag.startswith("I-"):
                spans[-1][1] = at + len(word)
            words.append(word)
            at += len(word) + 1
        found[" ".join(words)] = Counter(map(tuple, spans))
    return found


def litbank() -> Labels:
    found: Labels = {}
    for path in (SAMPLES / "litbank").glob("*.ann"):
        lines = re.findall(r"^T\d+\t(\S+) (\d+) (\d+)\t", path.read_text(), re.MULTILINE)
        found[path.stem] = Counter({(int(start), int(end), name): 1 for name, start, end in lines})
    return found


def snips_rows() -> list[dict[str, Any]]:
    rows = []
    for utterance in json.loads((SAMPLES / "snips/validate_PlayMusic.json").read_text())["PlayMusic"]:
        text, spans = "", []
        for piece in utterance["data"]:
            start = len(text)
            text += piece["text"]
            if "entity" in piece:
                spans.append({"start": start, "end": len(text), "label": piece["entity"]})
        rows.append({"text": text, "label": {"spans": spans}})
    return rows


def snips() -> Labels:
    return {
        row["text"]: Counter((one["start"], one["end"], one["label"]) for one in row["label"]["spans"])
        for row in snips_rows()
    }


def prodigy() -> Labels:
    found: Labels = {}
    for line in (SAMPLES / "prodigy/relations.jsonl").read_text().splitlines():
        row = json.loads(line)
        told = Counter({(one["start"], one["end"], one["label"]): 1 for one in row["spans"]})
        for one in row["relations"]:
            head, child = one["head_span"], one["child_span"]
            told[head["start"], child["start"], one["label"]] += 1
        found[row["text"]] = Counter(dict.fromkeys(told, 1))
    return found


def doccano() -> Labels:
    row = json.loads((SAMPLES / "doccano/relations.jsonl").read_text().strip())
    told = Counter((one["start_offset"], one["end_offset"], one["label"]) for one in row["entities"])
    starts = {one["id"]: one["start_offset"] for one in row["entities"]}
    told.update((starts[one["from_id"]], starts[one["to_id"]], one["type"]) for one in row["relations"])
    return {row["text"]: told}


def bccd() -> Labels:
    found: Labels = {}
    for path in (SAMPLES / "bccd/Annotations").glob("*.xml"):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in ET.parse(path).getroot().iter("object"):
            left, top, right, bottom = (int(one.find("bndbox").findtext(name)) for name in VOC)
            boxes[left - 1, top - 1, right - left + 1, bottom - top + 1, one.findtext("name")] += 1
        found[f"{path.stem}.jpg"] = boxes
    return found


VOC = ("xmin", "ymin", "xmax", "ymax")


def hituav() -> Labels:
    found: Labels = {}
    for path in (SAMPLES / "hituav/Annotations").glob("*.xml"):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in ET.parse(path).getroot().iter("object"):
            place = one.find("robndbox")
            *numbers, angle = (float(place.findtext(name)) for name in ("cx", "cy", "w", "h", "angle"))
            boxes[(*(round(one, 3) for one in numbers), round(math.degrees(angle), 3) % 360, one.findtext("name"))] += 1
        found[f"{path.stem}.jpg"] = boxes
    return found


def coco128() -> Labels:
    found: Labels = {}
    names = dict(re.findall(r"^  (\d+): (.+)$", (SAMPLES / "coco128/config.yaml").read_text(), re.MULTILINE))
    for path in (SAMPLES / "coco128/labels/train2017").glob("*.txt"):
        with Image.open(SAMPLES / f"coco128/images/train2017/{path.stem}.jpg") as image:
            size = image.size
        found[f"train2017/{path.stem}.jpg"] = Counter(
            (round(area, -1), names[line.split()[0]])
            for line in path.read_text().splitlines()
            for area in large_pieces(line.split()[1:], *size)
        )
    return found


def large_pieces(numbers: list[str], width: int, height: int) -> list[float]:
    """Their areas: the set draws lines from one part of a thing to the next, which cover nothing, and there are specks
    besides."""
    points = [(float(x) * width, float(y) * height) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    shape = shapely.make_valid(shapely.Polygon(points))
    pieces = [piece for part in shapely.get_parts(shape) for piece in shapely.get_parts(part)]
    areas = [float(piece.area) for piece in pieces]
    return [area for area in areas if area >= max(areas) / 20]


def label_studio() -> Labels:
    found: Labels = {}
    for task in json.loads((SAMPLES / "label_studio/obb.json").read_text()):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in task["annotations"][0]["result"]:
            value, width, height = one["value"], one["original_width"], one["original_height"]
            # Turned about the top left corner, which stays.
            corner = round(value["x"] * width / 100, 1), round(value["y"] * height / 100, 1)
            boxes[(*corner, value["rectanglelabels"][0])] += 1
        found[task["data"]["image"].split("-", 1)[1]] = boxes
    return found


def cvat() -> Labels:
    found: Labels = {}
    for image in ET.parse(SAMPLES / "datumaro/cvat/annotations.xml").getroot().iter("image"):
        shapes: Counter[tuple[Any, ...]] = Counter()
        for box in image.iter("box"):
            left, top, right, bottom = (float(box.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
            shapes[left, top, right - left, bottom - top, box.get("label")] += 1
        for polygon in image.iter("polygon"):
            shapes[len(polygon.get("points").split(";")), polygon.get("label")] += 1
        found[f"{image.get('subset')}/{image.get('name')}"] = shapes
    return found


REAL_SETS = {
    "ner-wnut17": RealSet(lambda: (SAMPLES / "wnut17/dev.conll").read_bytes(), "dev.conll", "conll", "spans", wnut),
    "ner-litbank-brat": RealSet(lambda: zipped(SAMPLES / "litbank"), "litbank.zip", "brat", "spans", litbank),
    "text-snips-slots": RealSet(
        lambda: "\n".join(map(json.dumps, snips_rows())).encode(), "snips.jsonl", "jsonl", "spans", snips
    ),
    "prodigy-jsonl": RealSet(
        lambda: (SAMPLES / "prodigy/relations.jsonl").read_bytes(),
        "relations.jsonl",
        "prodigy",
        "spans",
        prodigy,
        {"relations": ["Pos-Reg", "Reg", "Neg-Reg", "Binds", "No-rel"]},
    ),
    "interop-doccano": RealSet(
        lambda: (SAMPLES / "doccano/relations.jsonl").read_bytes(),
        "relations.jsonl",
        "doccano",
        "spans",
        doccano,
        {"relations": ["foundedAt", "foundedBy"]},
    ),
    "det-bccd-voc": RealSet(lambda: zipped(SAMPLES / "bccd"), "bccd.zip", "voc", "regions", bccd),
    "det-hituav-rotated": RealSet(lambda: zipped(SAMPLES / "hituav"), "hituav.zip", "voc", "regions", hituav),
    "det-coco-multi": RealSet(lambda: zipped(SAMPLES / "coco128"), "coco128.zip", "yolo", "regions", coco128),
    "interop-labelstudio": RealSet(
        lambda: tasks_with_images(SAMPLES / "label_studio/obb.json"),
        "tasks.zip",
        "label_studio_images",
        "regions",
        label_studio,
    ),
    "interop-datumaro": RealSet(lambda: zipped(SAMPLES / "datumaro/cvat"), "cvat.zip", "cvat", "regions", cvat),
}


def dataset_for(cast: Cast, kind: str, settings: dict[str, Any] | None) -> Dataset:
    dataset = create_dataset(
        name="Real",
        slug="real",
        item_kind="text" if kind == "spans" else "image",
        task_kind=kind,
        task_settings=settings or {},
        creator=cast.admin,
        classes=[],
    )
    Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
    return dataset


@pytest.mark.parametrize("name", REAL_SETS)
def test_labels_are_those_of_an_independent_reading(name: str, cast: Cast) -> None:
    real = REAL_SETS[name]
    dataset = dataset_for(cast, real.kind, real.settings)
    mapping: dict[str, Any] = {"annotations": "label", "new_classes": True}
    if real.format == "jsonl":
        mapping = {"text": "text", "label": "label"}
        classes_of_snips(dataset, cast)
    job = importing.create_import(
        dataset=dataset, actor=cast.manager, file_name=real.name, chunks=[real.upload()], mapping=mapping
    )
    assert job.format == real.format
    work_imports()
    job.refresh_from_db()
    expected = real.independent()
    assert (job.state, job.error) == ("done", "")
    assert list(job.issues.filter(kind="rejected").values_list("reason", flat=True)) == []
    told = {}
    for item in Item.objects.filter(status="reviewed"):
        key = item.external_id if item.external_id in expected else item.text
        assert item.human_value is not None
        told[key] = elements(item.human_value, name)
    assert told.keys() == expected.keys()
    assert told == expected
    assert sum(one.total() for one in expected.values()) > 0


def classes_of_snips(dataset: Dataset, cast: Cast) -> None:
    for name in {one["label"] for row in snips_rows() for one in row["label"]["spans"]}:
        add_class(dataset=dataset, actor=cast.manager, new=NewClass(name))


def elements(value: dict[str, Any], name: str) -> Counter[tuple[Any, ...]]:
    """As the independent reading of the set tells them."""
    if "spans" in value:
        told = Counter((one["start"], one["end"], one["label"]) for one in value["spans"])
        starts = {one["id"]: one["start"] for one in value["spans"]}
        told.update((starts[one["from"]], starts[one["to"]], one["label"]) for one in value["relations"])
        return told
    return Counter(_region(one, name) for one in value["regions"])


def _region(region: dict[str, Any], name: str) -> tuple[Any, ...]:
    if "polygon" in region:
        if name == "det-coco-multi":
            return round(float(shapely.Polygon(*rings(region)).area), -1), region["label"]
        return len(region["polygon"][0]), region["label"]
    if name == "interop-labelstudio":
        return _corner(region)
    if "box" in region:
        return (*region["box"], region["label"])
    return (*region["rotated_box"], region["label"])


def rings(region: dict[str, Any]) -> tuple[Any, Any]:
    outline, *holes = region["polygon"]
    return outline, holes


def _corner(region: dict[str, Any]) -> tuple[Any, ...]:
    x, y, *size = region.get("box") or region["rotated_box"]
    if "box" in region:
        return round(x, 1), round(y, 1), region["label"]
    width, height, degrees = size
    turn = math.radians(degrees)
    left = x - math.cos(turn) * width / 2 + math.sin(turn) * height / 2
    top = y - math.sin(turn) * width / 2 - math.cos(turn) * height / 2
    return round(left, 1), round(top, 1), region["label"]
