"""The pages speak of what there is, and of all of it: commands, plug-ins, benchmarks, files that links lead to."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from labeling.file_readers import FILE_READERS
from labeling.label_values import TASK_KINDS
from labeling.labelers import LABELER_KINDS
from review.file_writers import FILE_FORMATS

ROOT = Path(settings.BASE_DIR)
PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "samples/*.md") for path in ROOT.glob(pattern)
)
OWN_COMMANDS = {name for name, app in get_commands().items() if app in {"labeling", "review"}}


def words() -> str:
    return "\n".join(page.read_text() for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)#\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    gone = [
        link
        for link in links
        if not link.startswith(("http://", "https://", "{%")) and not (page.parent / link).exists()
    ]
    assert gone == []


def test_every_command_of_the_product_is_in_the_runbook_and_every_one_there_exists() -> None:
    runbook = (ROOT / "docs/RUNBOOK.md").read_text()
    assert set(re.findall(r"^\| `manage\.py (\w+)` \|", runbook, re.MULTILINE)) == OWN_COMMANDS
    assert set(re.findall(r"manage\.py ([a-z_]+)", words())) <= set(get_commands())


def test_every_make_target_that_is_spoken_of_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", words())) | {"run", "test"} <= targets


def test_every_plug_in_is_named() -> None:
    api, glossary = (ROOT / "docs/api.md").read_text(), (ROOT / "docs/GLOSSARY.md").read_text()
    assert [name for name in {*FILE_READERS, *FILE_FORMATS} if name not in api] == []
    assert [name for name in LABELER_KINDS if f"`{name}`" not in glossary] == []
    assert [name for name in TASK_KINDS if name not in glossary] == []


def test_every_benchmark_is_explained() -> None:
    page = (ROOT / "benchmarks/README.md").read_text()
    there = {path.name for path in (ROOT / "benchmarks").glob("[a-z]*.py")}
    assert set(re.findall(r"benchmarks/(\w+\.py)", page)) == there


def test_decisions_are_numbered_without_gap_and_have_their_three_parts() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert re.findall(r"^## (\w+)$", page.read_text(), re.MULTILINE) == ["Context", "Decision", "Consequence"], page


def test_the_pictures_are_small() -> None:
    assert [path.name for path in (ROOT / "docs/images").iterdir() if path.stat().st_size > 200_000] == []
