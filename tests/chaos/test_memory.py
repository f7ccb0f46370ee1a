"""Importing and exporting take no more memory for more rows, texts with spans or images with boxes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item, ItemClass
from exchange import exporting, importing
from exchange.models import Export, Import
from tests import servers
from tests.each_kind import SIDE, item_kind_of, picture, zipped
from tests.people import Cast, make_cast
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
MOST_GROWTH_KB = 100_000
# So many elements in each item.
SPANS, BOXES = 15, 100


@dataclass(frozen=True)
class Scene:
    """Files of few and of many items, of which the few are no less than the two chunks that are held at a time: names,
    bytes, how they are read, and as what they are written again."""

    few: int
    many: int
    file: Callable[[int], tuple[str, Iterable[bytes]]]
    mapping: dict[str, Any]
    format: str


def lines(count: int) -> tuple[str, Iterable[bytes]]:
    """Rows of about 300 bytes."""
    filling = "word " * 50
    rows = (
        b'{"id": "i%d", "text": "card question %d %s"}\n' % (number, number, filling.encode())
        for number in range(count)
    )
    return "rows.jsonl", rows


def with_spans(count: int) -> tuple[str, Iterable[bytes]]:
    """Texts of which a machine says many spans, and people the same but for one."""

    words = [{"start": 5 * n, "end": 5 * n + 4, "label": "card"} for n in range(SPANS)]
    said, gold = {"spans": [word | {"score": 0.5} for word in words]}, {"spans": words[1:]}
    text = "word " * SPANS

    def row(number: int) -> dict[str, Any]:
        return {"id": f"i{number}", "text": f"{text}{number}", "said": said, "gold": gold}

    return "rows.jsonl", (json.dumps(row(number)).encode() + b"\n" for number in range(count))


def with_boxes(count: int) -> tuple[str, Iterable[bytes]]:
    """COCO: images, and one file of what is in all of them."""
    images = [{"id": n, "file_name": f"i{n}.png", "width": SIDE, "height": SIDE} for n in range(count)]
    boxes = [
        {"id": n * BOXES + at, "image_id": n, "category_id": 1, "bbox": [at % 10 * 9, at // 10 * 9, 8, 8], "score": 0.5}
        for n in range(count)
        for at in range(BOXES)
    ]
    told = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "card"}]}
    files = {f"images/i{n}.png": picture(n % 4096) + b"%d" % n for n in range(count)}
    return "set.zip", [zipped(files | {"annotations.json": json.dumps(told).encode()})]


SCENES = {
    "classification": Scene(20_000, 200_000, lines, {"external_id": "id", "text": "text"}, "jsonl"),
    "spans": Scene(
        10_000,
        25_000,
        with_spans,
        {"external_id": "id", "text": "text", "prediction": "said", "label": "gold"},
        "jsonl",
    ),
    "regions": Scene(300, 3_000, with_boxes, {"annotations": "prediction"}, "coco"),
}


def peak(cast: Cast, task_kind: str, count: int, *words: str) -> int:
    """kB that a process takes at most that imports so many items and exports them again."""
    scene = SCENES[task_kind]
    dataset = create_dataset(
        name=f"{count} items", item_kind=item_kind_of(task_kind), task_kind=task_kind, creator=cast.admin,
        classes=[NewClass("card")],
    )  # fmt: skip
    name, chunks = scene.file(count)
    importing.create_import(
        dataset=dataset, actor=cast.admin, file_name=name, chunks=chunks, format=scene.format, mapping=scene.mapping,
        then_run=False,
    )  # fmt: skip
    exporting.start_export(dataset=dataset, actor=cast.admin, format=scene.format, include={"unlabelled": True})
    answer = subprocess.run(
        [sys.executable, "-m", "tests.chaos.memory", *words], check=True, capture_output=True, text=True,
        cwd=servers.ROOT,
        env=dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "config.settings.testing",
            "COUNTERSIGN_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        },
    )  # fmt: skip
    assert Import.objects.latest("pk").accepted == Export.objects.latest("pk").rows == count
    assert Export.objects.latest("pk").state == State.DONE
    everything_is_there(dataset, count)
    return int(answer.stdout)


def everything_is_there(dataset: Dataset, count: int) -> None:
    """Every element of the file."""
    each = {"classification": (0, 0), "spans": (SPANS, SPANS - 1), "regions": (BOXES, 0)}[dataset.task_kind]
    for by_people, elements in enumerate(each):
        rows = ItemClass.objects.filter(item__dataset=dataset, by_people=bool(by_people))
        assert (rows.aggregate(n=Sum("n"))["n"] or 0) == elements * count
    assert Item.objects.filter(dataset=dataset, matched=False).count() == (count if each[1] else 0)


@pytest.mark.parametrize("task_kind", SCENES)
def test_memory_does_not_grow_with_the_rows(task_kind: str, shared_media: Path) -> None:
    cast, scene = make_cast(), SCENES[task_kind]
    few, many = (peak(cast, task_kind, count) for count in (scene.few, scene.many))
    assert many - few < MOST_GROWTH_KB, (few, many)


@pytest.mark.parametrize("task_kind", SCENES)
def test_the_check_finds_an_import_that_reads_the_whole_file(task_kind: str, shared_media: Path) -> None:
    cast, scene = make_cast(), SCENES[task_kind]
    few, many = (peak(cast, task_kind, count, "--all-at-once") for count in (scene.few, scene.many))
    assert many - few > MOST_GROWTH_KB, (few, many)
