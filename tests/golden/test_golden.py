"""Figures, queues, tallies and exported bytes over a committed sample are what they were.

Whoever changes one of them on purpose says so: `pytest tests/golden --accept-golden`, and the difference is part of the
change.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from exchange import exporting
from exchange.exporting.downloads import download_response
from exchange.models import Export
from tests.api.program import Program
from tests.golden.scene import Scene

EXPECTED = Path(__file__).parent / "expected"
NAMES = ("single", "several", "twice")
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, reset_sequences=True)]

_TALLIES = """
SELECT status, lane, l.name AS labeler, above_threshold, sampled, sampling_rate, blind, auto_labels, human_labels,
  bucket, sum(n)::int AS n
FROM (SELECT dataset_id, status, lane, labeler_id, above_threshold, sampled, sampling_rate, blind, auto_labels,
        human_labels, bucket, n FROM labeling_tally
      UNION ALL SELECT dataset_id, status, lane, labeler_id, above_threshold, sampled, sampling_rate, blind,
        auto_labels, human_labels, bucket, n FROM labeling_tallydelta) AS cells
  LEFT JOIN labeling_labeler AS l ON l.id = cells.labeler_id
WHERE cells.dataset_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 HAVING sum(n) <> 0
ORDER BY status, lane, labeler, above_threshold, sampled, sampling_rate, blind, auto_labels, human_labels, bucket
"""
_QUEUE = """
SELECT i.external_id, w.slot, w.lane, w.sampled, w.blind, round(w.priority::numeric, 6)::float8 AS priority
FROM labeling_waiting AS w JOIN labeling_item AS i ON i.id = w.item_id
WHERE w.dataset_id = %s ORDER BY w.priority DESC, w.id
"""
_ITEMS = """
SELECT external_id, status, lane, auto_labels, auto_confidence, human_labels, above_threshold, sampled, sampling_rate,
  blind, policy_version
FROM labeling_item WHERE dataset_id = %s ORDER BY id
"""


def rows(statement: str, dataset: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [dataset])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def lines(found: list[dict[str, Any]]) -> str:
    """A row a line, so that a difference can be read."""
    return "".join(json.dumps(row) + "\n" for row in found)


def figures(scene: Scene, name: str) -> str:
    """Everything that the API says of how good the machine is."""
    program = Program.of(scene.cast.manager)
    paths = {
        "accuracy": "accuracy/",
        "thresholds": "thresholds/",
        "certificate": "certificate/?target=0.9",
        "certificate of one side": "certificate/?target=0.8&confidence=0.9",
        "policy": "policy/",
    }
    found = {what: program.call("GET", f"datasets/{name}/{path}") for what, path in paths.items()}
    change = {"threshold": 0.95, "class_thresholds": {}, "audit_rate": 0.1}
    found["preview"] = program.call("POST", f"datasets/{name}/policy/preview/", change)
    return without_times(json.dumps(found, indent=1)) + "\n"


def without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "<time>", text)


def exported(scene: Scene, name: str, format: str) -> str:
    """The bytes of an export of everything, times left out."""
    dataset = scene.datasets[name]
    include = {"unlabelled": True, "metadata": True}
    exporting.start_export(dataset=dataset, actor=scene.cast.manager, format=format, include=include)
    while exporting.work_one_export():
        pass
    export = Export.objects.latest("pk")
    response = download_response(export)
    data = b"".join(response.streaming_content)
    response.close()
    return without_times(data.decode())


@pytest.fixture
def scene() -> Scene:
    found = Scene()
    found.play()
    return found


def test_everything_is_as_it_was(scene: Scene, pytestconfig: pytest.Config) -> None:
    made: dict[str, Callable[[str], str]] = {
        "figures.json": lambda name: figures(scene, name),
        "items.jsonl": lambda name: lines(rows(_ITEMS, scene.datasets[name].pk)),
        "queue.jsonl": lambda name: lines(rows(_QUEUE, scene.datasets[name].pk)),
        "tallies.jsonl": lambda name: lines(rows(_TALLIES, scene.datasets[name].pk)),
        "export.jsonl": lambda name: exported(scene, name, "jsonl"),
        "export.csv": lambda name: exported(scene, name, "csv"),
    }
    found = {f"{name}.{file}": make(name) for name in NAMES for file, make in made.items()}
    if pytestconfig.getoption("--accept-golden"):
        for file, text in found.items():
            (EXPECTED / file).write_text(text, newline="")
    assert {path.name for path in EXPECTED.iterdir()} == set(found)
    for file, text in found.items():
        with (EXPECTED / file).open(newline="") as expected:
            assert text == expected.read(), f"{file} is not what it was"
