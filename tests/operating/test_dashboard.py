"""The Grafana dashboard shows figures that /metrics has, and all of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from prometheus_client import generate_latest

from labeling.models import Batch, Labeler, PreLabel, Run
from labeling.policies.editions import edition_of
from operating import gauges
from operating.models import Backup
from operating.views.health import registry
from tests.filling import Said, fill
from tests.loops import claim_one, label
from tests.people import Cast
from work import workers

PAGE = Path(settings.BASE_DIR) / "docs" / "grafana" / "countersign.json"


@pytest.fixture
def board() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(PAGE.read_text())
    return loaded


@pytest.fixture
def scraped(cast: Cast) -> dict[str, set[str]]:
    """Name -> labels of every figure, where there is one of everything."""
    items = fill(cast.dataset, [Said(text, ["card"], 0.4) for text in ("a text", "another")])
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    llm = Labeler.objects.create(dataset=cast.dataset, name="llm", kind="llm", created_by=cast.admin)
    run = Run.objects.create(
        dataset=cast.dataset, labeler=llm, edition=edition_of(labeler=llm, model=None, config={}), created_by=cast.admin
    )
    Batch.objects.create(run=run, sequence=1, first_item=1, last_item=1)
    PreLabel.objects.create(item=items[0], run=run, labeler=llm, outcome="failed", error_kind="timeout")
    Backup.objects.create(name="x.tar", size=1, files=1, seconds=1)
    found: dict[str, set[str]] = {}
    for line in generate_latest(registry).decode().splitlines():
        if match := re.match(r"(countersign_\w+)(?:\{([^}]*)\})? ", line):
            found.setdefault(match[1], set()).update(re.findall(r"(\w+)=", match[2] or ""))
    return found


def asked(board: dict[str, Any]) -> list[tuple[str, str]]:
    """(expression, legend) of every panel."""
    return [(one["expr"], one["legendFormat"]) for panel in board["panels"] for one in panel["targets"]]


def test_every_figure_of_the_dashboard_exists_with_its_labels(
    board: dict[str, Any], scraped: dict[str, set[str]]
) -> None:
    for expression, legend in asked(board):
        (name,) = re.findall(r"countersign_\w+", expression)
        assert name in scraped
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= scraped[name], name


def test_every_figure_is_on_the_dashboard(board: dict[str, Any], scraped: dict[str, set[str]]) -> None:
    shown = " ".join(expression for expression, _ in asked(board))
    assert {name for name in scraped if name not in shown} == set()


def test_panels_do_not_cover_each_other(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_no_server_is_named(board: dict[str, Any]) -> None:
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${datasource}"}
    assert not re.search(r"https?://", PAGE.read_text())


def test_a_worker_of_two_queues_counts_in_both(db: None) -> None:
    presence = workers.Presence()
    presence.queues = "jobs,runs"
    presence.tell()
    alive = gauges.workers_alive(workers.seen())
    assert alive == {"runs": 1, "jobs": 1, "network": 0, "trials": 0, "trainings": 0, "sweep": 0}
