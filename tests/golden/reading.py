"""What is held of a scene: figures, items, queues, tallies and exported bytes, as text."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import User
from datasets.models import Dataset
from exchange import exporting
from exchange.exporting.downloads import download_response
from exchange.models import Export
from tests.api.program import Program

EXPECTED = Path(__file__).parent / "expected"
CLASSIFIED, ELEMENTS = ("single", "several", "twice"), ("names", "cells")

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
_ELEMENTS = """
SELECT auto_empty, sampled, blind, above_threshold, sampling_rate, name, sum(items)::int AS items,
  sum(tp)::int AS tp, sum(auto)::int AS auto, sum(human)::int AS human, sum(matched)::int AS matched,
  sum(edited)::int AS edited, round(sum(agreement)::numeric, 6)::float8 AS agreement, sum(tp2)::int AS tp2,
  sum(tp_auto)::int AS tp_auto, sum(tp_human)::int AS tp_human, sum(auto_human)::int AS auto_human
FROM (SELECT dataset_id, auto_empty, sampled, blind, above_threshold, sampling_rate, name, items, tp, auto, human,
        matched, edited, agreement, tp2, tp_auto, tp_human, auto_human FROM labeling_elementtally
      UNION ALL SELECT dataset_id, auto_empty, sampled, blind, above_threshold, sampling_rate, name, items, tp, auto,
        human, matched, edited, agreement, tp2, tp_auto, tp_human, auto_human FROM labeling_elementdelta) AS cells
WHERE dataset_id = %s GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(items) <> 0
ORDER BY auto_empty, sampled, blind, above_threshold, sampling_rate, name
"""
_PAIRS = """
SELECT i.external_id, p.auto_class, p.human_class, p.n, p.edited, round(p.agreement::numeric, 6)::float8 AS agreement
FROM labeling_comparedpair AS p JOIN labeling_item AS i ON i.id = p.item_id
WHERE p.dataset_id = %s ORDER BY i.id, p.auto_class, p.human_class
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


def figures(manager: User, dataset: Dataset) -> str:
    """Everything that the API says of how good the machine is."""
    program = Program.of(manager)
    paths = {
        "accuracy": "accuracy/",
        "thresholds": "thresholds/",
        "certificate": "certificate/?target=0.9",
        "certificate of one side": "certificate/?target=0.8&confidence=0.9",
        "policy": "policy/",
    }
    found = {what: program.call("GET", f"datasets/{dataset.slug}/{path}") for what, path in paths.items()}
    change = {"threshold": 0.95, "class_thresholds": {}, "audit_rate": 0.1}
    found["preview"] = program.call("POST", f"datasets/{dataset.slug}/policy/preview/", change)
    return without_times(json.dumps(found, indent=1)) + "\n"


def without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "<time>", text)


def exported(manager: User, dataset: Dataset, format: str) -> str:
    """The bytes of an export of everything, times left out."""
    include = {"unlabelled": True, "metadata": True}
    exporting.start_export(dataset=dataset, actor=manager, format=format, include=include)
    while exporting.work_one_export():
        pass
    export = Export.objects.latest("pk")
    response = download_response(export)
    data = b"".join(response.streaming_content)
    response.close()
    return without_times(data.decode())


def found_in(manager: User, datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """Everything that is held, by the name of its file."""
    made: dict[str, Callable[[str], str]] = {
        "figures.json": lambda name: figures(manager, datasets[name]),
        "items.jsonl": lambda name: lines(rows(_ITEMS, datasets[name].pk)),
        "queue.jsonl": lambda name: lines(rows(_QUEUE, datasets[name].pk)),
        "tallies.jsonl": lambda name: lines(rows(_TALLIES, datasets[name].pk)),
        "export.jsonl": lambda name: exported(manager, datasets[name], "jsonl"),
        "export.csv": lambda name: exported(manager, datasets[name], "csv"),
    }
    of_elements: dict[str, Callable[[str], str]] = {
        "elements.jsonl": lambda name: lines(rows(_ELEMENTS, datasets[name].pk)),
        "pairs.jsonl": lambda name: lines(rows(_PAIRS, datasets[name].pk)),
    }
    found = {f"{name}.{file}": make(name) for name in (*CLASSIFIED, *ELEMENTS) for file, make in made.items()}
    return found | {f"{name}.{file}": make(name) for name in ELEMENTS for file, make in of_elements.items()}


def assert_as_it_was(found: dict[str, str]) -> None:
    assert {path.name for path in EXPECTED.iterdir()} == set(found)
    for file, text in found.items():
        with (EXPECTED / file).open(newline="") as expected:
            assert text == expected.read(), f"{file} is not what it was"
