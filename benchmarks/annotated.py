"""Reading boxes of 100,000 images from COCO and Label Studio JSON, against the format's own library.

    .venv/bin/python benchmarks/annotated.py [--images 100000] [--rounds 3]

Ours: the archive is read as imports read it (annotations indexed on disk, each image's bytes, its boxes checked and
put into normal form by the task kind), and the values go into a table by COPY. Theirs: the JSON is read with the
format's own library (pycocotools; Label Studio's converter reads with Python's json), the boxes are put into the same
shape, unchecked, each image's bytes are read, and the values go into the same table by COPY. Each side is a process of
its own; memory is the growth of its resident set at most. The limits: at least the pace, and a tenth of the memory.
"""

import argparse
import contextlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 64, 48
# As COCO has them in the mean, in as many classes.
BOXES, CLASSES = 7, 80
FORMATS = {"coco": "coco", "label_studio": "label_studio_images"}


def main() -> int:
    """Measure each format, print a table; how many figures miss their limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side, format, path = arguments.side
        sys.stdout.write(json.dumps(measured(side, format, Path(path))))
        return 0
    from _results import Results  # noqa: PLC0415 - not in the measured process
    from _scratch import scratch_database, write  # noqa: PLC0415

    with scratch_database() as home:
        results = Results("annotated", {"images": arguments.images, "boxes": BOXES, "rounds": arguments.rounds})
        for format in FORMATS:
            path = home / f"{format}.zip"
            make(format, path, arguments.images)
            rounds = [
                {side: told_by(side, format, path) for side in ("theirs", "ours")} for _ in range(arguments.rounds)
            ]
            seconds = {side: statistics.median(one[side]["seconds"] for one in rounds) for side in rounds[0]}
            memory = {side: statistics.median(one[side]["memory"] for one in rounds) for side in rounds[0]}
            assert len({one[side]["boxes"] for one in rounds for side in one}) == 1, rounds
            results.add(f"{format}, images/s", arguments.images / seconds["ours"], "images/s")
            results.add(f"{format}, pace of the library", seconds["theirs"] / seconds["ours"], "ratio", 1.0, least=True)
            results.add(f"{format}, memory", memory["ours"], "MB")
            results.add(f"{format}, memory of the library's", memory["ours"] / memory["theirs"], "ratio", 0.1)
        for figure in results.figures:
            write(f"{figure.what:50}{figure.value:12.2f}{'  MISSED' if figure.missed else ''}")
        write(f"written to {results.save()}")
        return results.missed


def told_by(side: str, format: str, path: Path) -> dict[str, float]:
    from django.db import connection  # noqa: PLC0415 - needs Django

    settings = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    dsn = " ".join(f"{name}={settings[name]}" for name in names if settings.get(name))
    answer = subprocess.run(
        [sys.executable, __file__, "--side", side, format, str(path)],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"BENCHMARK_DSN": dsn, "PYTHONPATH": str(ROOT)},
    )
    told: dict[str, float] = json.loads(answer.stdout)
    return told


def make(format: str, path: Path, images: int) -> None:
    """The archive: tiny images, each different, and boxes in random places."""
    from PIL import Image  # noqa: PLC0415 - heavy

    draw = random.Random(0)
    stream = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(stream, "PNG")
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(images):
            archive.writestr(f"images/{number:06}.png", stream.getvalue() + number.to_bytes(4, "big"))
        archive.writestr("annotations.json", json.dumps(document(format, images, draw)), zipfile.ZIP_DEFLATED)


def document(format: str, images: int, draw: random.Random) -> Any:
    boxes = [[(draw.randrange(CLASSES), *box(draw)) for _ in range(BOXES)] for _ in range(images)]
    if format == "label_studio":
        return [
            {
                "id": number,
                "data": {"image": f"/data/upload/1/0a1b2c3d-{number:06}.png"},
                "annotations": [
                    {"id": number, "was_cancelled": False, "result": [_result(at, *one) for at, one in enumerate(told)]}
                ],
                "predictions": [],
            }
            for number, told in enumerate(boxes)
        ]
    listed = [
        {"id": number, "file_name": f"{number:06}.png", "width": WIDTH, "height": HEIGHT} for number in range(images)
    ]
    annotations = [
        {
            "id": number * BOXES + at,
            "image_id": number,
            "category_id": name,
            "bbox": [x, y, width, height],
            "area": width * height,
            "segmentation": [[x, y, x + width, y, x + width, y + height, x, y + height]],
            "iscrowd": 0,
        }
        for number, told in enumerate(boxes)
        for at, (name, x, y, width, height) in enumerate(told)
    ]
    categories = [{"id": number, "name": f"class_{number}"} for number in range(CLASSES)]
    return {"images": listed, "annotations": annotations, "categories": categories}


def _result(at: int, name: int, x: float, y: float, width: float, height: float) -> dict[str, Any]:
    place = {"x": x * 100 / WIDTH, "y": y * 100 / HEIGHT, "width": width * 100 / WIDTH, "height": height * 100 / HEIGHT}
    return {
        "id": f"r{at}",
        "from_name": "label",
        "to_name": "image",
        "type": "rectanglelabels",
        "original_width": WIDTH,
        "original_height": HEIGHT,
        "image_rotation": 0,
        "value": place | {"rotation": 0, "rectanglelabels": [f"class_{name}"]},
    }


def box(draw: random.Random) -> tuple[float, float, float, float]:
    x, y = draw.uniform(0, WIDTH - 9), draw.uniform(0, HEIGHT - 9)
    return round(x, 2), round(y, 2), round(draw.uniform(2, WIDTH - x - 1), 2), round(draw.uniform(2, HEIGHT - y - 1), 2)


def measured(side: str, format: str, path: Path) -> dict[str, float]:
    """In a process of its own: seconds, megabytes, boxes."""
    rows = ours if side == "ours" else theirs
    prepare(side)
    before = resident("VmRSS")
    began = time.perf_counter()
    boxes = copied(rows(format, path))
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "memory": resident("VmHWM") - before, "boxes": boxes}


def resident(what: str) -> float:
    """Megabytes of this process's memory: now, or at most since it began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def prepare(side: str) -> None:
    """What a worker has loaded long before a file comes."""
    import psycopg  # noqa: F401, PLC0415

    if side == "ours":
        import PIL.Image  # noqa: PLC0415

        import exchange.formats  # noqa: F401, PLC0415

        PIL.Image.init()
    else:
        import pycocotools.coco  # noqa: F401, PLC0415


def copied(rows: Iterator[tuple[str, str, int]]) -> int:
    """Write (name, value) by COPY; how many boxes the values hold."""
    import psycopg  # noqa: PLC0415

    boxes = 0
    with psycopg.connect(os.environ["BENCHMARK_DSN"]) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE told (name text PRIMARY KEY, value jsonb)")
        with cursor.copy("COPY told FROM STDIN") as copy:
            for name, value, n in rows:
                copy.write_row((name, value))
                boxes += n
    return boxes


def ours(format: str, path: Path) -> Iterator[tuple[str, str, int]]:
    from exchange.formats import FILE_READERS, Record  # noqa: PLC0415
    from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask  # noqa: PLC0415

    kind = TASK_KINDS["regions"]
    classes = tuple(ClassSpec(f"class_{number}") for number in range(CLASSES))
    task = LabelTask("image", "regions", kind.settings({}), classes)
    extent = Extent(width=WIDTH, height=HEIGHT)
    for entry in FILE_READERS[FORMATS[format]].rows(path):
        assert isinstance(entry, Record), entry
        assert entry.label is not None
        value = kind.parse(entry.label.value, task, extent, mend=True).value
        yield entry.external_id, json.dumps(value), len(value["regions"])


def theirs(format: str, path: Path) -> Iterator[tuple[str, str, int]]:
    with zipfile.ZipFile(path) as archive:
        unpacked = path.with_suffix(".json")
        unpacked.write_bytes(archive.read("annotations.json"))
        for name, value, n in read_by_library(format, unpacked):
            archive.read(f"images/{name}")
            yield name, value, n


def read_by_library(format: str, unpacked: Path) -> Iterator[tuple[str, str, int]]:
    if format == "coco":
        from pycocotools.coco import COCO  # noqa: PLC0415

        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(unpacked)
        names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
        for image in coco.loadImgs(coco.getImgIds()):
            found = [_region(names[one["category_id"]], one["bbox"]) for one in coco.imgToAnns[image["id"]]]
            yield image["file_name"], json.dumps({"regions": found}), len(found)
        return
    with unpacked.open() as file:
        tasks = json.load(file)
    for task in tasks:
        found = []
        for one in task["annotations"][0]["result"]:
            value, width, height = one["value"], one["original_width"], one["original_height"]
            place = [value["x"] * width, value["y"] * height, value["width"] * width, value["height"] * height]
            found.append(_region(value["rectanglelabels"][0], [number / 100 for number in place]))
        yield task["data"]["image"].split("-", 1)[1], json.dumps({"regions": found}), len(found)


def _region(label: str, box: list[float]) -> dict[str, Any]:
    return {"id": "", "label": label, "attributes": {}, "occluded": False, "box": box}


if __name__ == "__main__":
    sys.exit(main())
