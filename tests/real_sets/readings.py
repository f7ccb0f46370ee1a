"""Real sets read by other code than the product's: where their elements are, and of which class."""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely
from PIL import Image

from tests.exchange.formats.samples import image_of

# The label of each item by its id or text: (where, class) of its elements, in any order.
Labels = dict[str, Counter[tuple[Any, ...]]]

VOC = ("xmin", "ymin", "xmax", "ymax")


def conll(path: Path) -> Labels:
    """Words and tags in two columns."""
    found: Labels = {}
    for block in re.split(r"\n\s*\n", path.read_text().strip()):
        words, spans, at = [], [], 0
        for line in block.split("\n"):
            word, tag = line.split("\t")
            if tag.startswith("B-"):
                spans.append([at, at + len(word), tag[2:]])
            elif tag.startswith("I-"):
                spans[-1][1] = at + len(word)
            words.append(word)
            at += len(word) + 1
        # What is there twice is one item, as it was first.
        found.setdefault(" ".join(words), Counter(map(tuple, spans)))
    return found


def brat(folder: Path) -> Labels:
    """Lines of spans beside each text."""
    found: Labels = {}
    for path in folder.glob("*.ann"):
        lines = re.findall(r"^T\d+\t(\S+) (\d+) (\d+)\t", path.read_text(), re.MULTILINE)
        found[path.stem] = Counter({(int(start), int(end), name): 1 for name, start, end in lines})
    return found


def snips_rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Utterances in pieces, as rows with a value of spans; the first of those with one text."""
    rows: dict[str, dict[str, Any]] = {}
    for path in paths:
        for utterances in json.loads(path.read_bytes().decode(errors="replace")).values():
            for utterance in utterances:
                row = _snips_row(utterance["data"])
                rows.setdefault(row["text"], row)
    return list(rows.values())


def _snips_row(pieces: list[dict[str, str]]) -> dict[str, Any]:
    text, spans = "", []
    for piece in pieces:
        start = len(text)
        text += piece["text"]
        if "entity" in piece:
            spans.append({"start": start, "end": len(text), "label": piece["entity"]})
    return {"text": text, "label": {"spans": spans}}


def rows_of_spans(rows: Iterable[dict[str, Any]]) -> Labels:
    """As the rows say."""
    return {
        row["text"]: Counter((one["start"], one["end"], one["label"]) for one in row["label"]["spans"]) for row in rows
    }


def prodigy(path: Path) -> Labels:
    """Spans, and relations by the starts of what they join."""
    found: Labels = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row.get("answer", "accept") != "accept":
            continue
        told = Counter({(one["start"], one["end"], one["label"]): 1 for one in row["spans"]})
        for one in row["relations"]:
            head, child = one["head_span"], one["child_span"]
            told[head["start"], child["start"], one["label"]] += 1
        found[row["text"]] = Counter(dict.fromkeys(told, 1))
    return found


def doccano(path: Path) -> Labels:
    """Entities and relations."""
    found: Labels = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        told = Counter((one["start_offset"], one["end_offset"], one["label"]) for one in row["entities"])
        starts = {one["id"]: one["start_offset"] for one in row["entities"]}
        told.update((starts[one["from_id"]], starts[one["to_id"]], one["type"]) for one in row["relations"])
        found[row["text"]] = told
    return found


def voc(folder: Path) -> Labels:
    """Boxes whose pixels are counted from one; those without an area are none."""
    found: Labels = {}
    for path in folder.glob("*.xml"):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in ET.parse(path).getroot().iter("object"):
            left, top, right, bottom = (int(one.find("bndbox").findtext(name)) for name in VOC)
            boxes[left - 1, top - 1, right - left + 1, bottom - top + 1, one.findtext("name")] += 1
        found[f"{path.stem}.jpg"] = boxes
    return found


def rotated_voc(folder: Path) -> Labels:
    """Boxes about their centres, turned by radians."""
    found: Labels = {}
    for path in folder.glob("*.xml"):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in ET.parse(path).getroot().iter("object"):
            place = one.find("robndbox")
            *numbers, angle = (float(place.findtext(name)) for name in ("cx", "cy", "w", "h", "angle"))
            boxes[(*(round(one, 3) for one in numbers), round(math.degrees(angle), 3) % 360, one.findtext("name"))] += 1
        found[f"{path.stem}.jpg"] = boxes
    return found


def yolo_polygons(folder: Path, config: Path, images: Path) -> Labels:
    """Areas of the largest piece of each polygon, in half pixels: the set rounds coordinates to a millionth."""
    found: Labels = {}
    names = dict(re.findall(r"^  (\d+): (.+)$", config.read_text(), re.MULTILINE))
    for path in folder.glob("*.txt"):
        with Image.open(images / f"{path.stem}.jpg") as image:
            size = image.size
        found[f"{images.name}/{path.stem}.jpg"] = Counter(
            (round(2 * _largest_piece(line.split()[1:], *size)), names[line.split()[0]])
            for line in path.read_text().splitlines()
        )
    return found


def _largest_piece(numbers: list[str], width: int, height: int) -> float:
    """The area of it: the set draws lines from one part of a thing to the next, which cover nothing."""
    points = [(float(x) * width, float(y) * height) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    shape = shapely.make_valid(shapely.Polygon(points))
    pieces = [piece for part in shapely.get_parts(shape) for piece in shapely.get_parts(part)]
    return max(float(piece.area) for piece in pieces)


def label_studio(path: Path) -> Labels:
    """Top left corners of turned boxes, which stay where they are."""
    found: Labels = {}
    for task in json.loads(path.read_text()):
        boxes: Counter[tuple[Any, ...]] = Counter()
        for one in task["annotations"][0]["result"]:
            value, width, height = one["value"], one["original_width"], one["original_height"]
            corner = round(value["x"] * width / 100, 1), round(value["y"] * height / 100, 1)
            boxes[(*corner, value["rectanglelabels"][0])] += 1
        found[image_of(task)] = boxes
    return found


def cvat(path: Path) -> Labels:
    """Boxes, and numbers of points of polygons."""
    found: Labels = {}
    for image in ET.parse(path).getroot().iter("image"):
        shapes: Counter[tuple[Any, ...]] = Counter()
        for box in image.iter("box"):
            left, top, right, bottom = (float(box.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
            shapes[left, top, right - left, bottom - top, box.get("label")] += 1
        for polygon in image.iter("polygon"):
            shapes[len(polygon.get("points").split(";")), polygon.get("label")] += 1
        found[f"{image.get('subset')}/{image.get('name')}"] = shapes
    return found
