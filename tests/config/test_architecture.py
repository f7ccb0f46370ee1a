"""docs/ARCHITECTURE.md is true: every package is in its tree, and foreign keys that point upwards are known."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from tests.servers import ROOT
from work.jobs import JOBS

LAYERS = ("config", "supervision", "ground", "kinds", *settings.OUR_APPS)
TREE = (ROOT / "docs" / "ARCHITECTURE.md").read_text().split("```")[1]


def packages(layer: str) -> Iterator[Path]:
    for init in (ROOT / layer).rglob("__init__.py"):
        package = init.parent.relative_to(ROOT)
        if not {"migrations", "commands", "en"} & set(package.parts):
            yield package


@pytest.mark.parametrize("layer", LAYERS)
def test_the_tree_names_every_package(layer: str) -> None:
    drawn = re.search(rf"^{layer}/.*\n(?:^ .*\n)*", TREE, re.MULTILINE)
    assert drawn, f"docs/ARCHITECTURE.md does not draw {layer}/"
    missing = [str(package) for package in packages(layer) if f"{package.name}/" not in drawn[0]]
    assert missing == []


def test_the_tree_names_nothing_else() -> None:
    drawn = set(re.findall(r"^([a-z]+)/", TREE, re.MULTILINE)) - {"templates", "static", "tests"}
    assert drawn == set(LAYERS)


def test_the_foreign_keys_that_point_upwards_are_named() -> None:
    height = {app: number for number, app in enumerate(settings.OUR_APPS)}
    upwards = {
        f"{model.__name__}.{field.name}"
        for app in settings.OUR_APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.concrete
        if height.get(field.related_model._meta.app_label, 0) > height[app]
    }
    assert upwards == {"Item.auto_prelabel", "Item.auto_labeler", "AuditEvent.dataset", "Decision.import_job"}


def test_every_kind_of_job_has_a_queue() -> None:
    bells = {bell for queue in settings.QUEUES.values() for bell in queue}
    assert {kind.task for kind in JOBS.values()} <= bells


@pytest.mark.parametrize("text", ["INTO labeling_waiting", "claimed_by_id = NULL", "claimed_by=None"])
def test_slots_are_opened_and_freed_by_the_words_of_the_waiting_room(text: str) -> None:
    modules = (path for app in settings.OUR_APPS for path in (ROOT / app).rglob("*.py"))
    assert {path.name for path in modules if text in path.read_text()} == {"waiting_room.py"}


def test_every_table_is_one_that_a_restore_clears() -> None:
    """A restore drops the tables of a fresh start by the beginnings of their names (operating/backups/programs.py)."""
    ours = {model._meta.db_table for model in apps.get_models() if model._meta.app_label in settings.OUR_APPS}
    assert [name for name in sorted(ours) if not name.startswith(("labeling_", "review_"))] == []
