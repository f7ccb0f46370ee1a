"""The pages say what the code does: every command, plug-in and address is told of, and what is told of exists.

Settings have a test of their own: tests/config/test_settings_documented.py.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

import kinds
from datasets import item_kinds
from exchange.formats import EXPORT_FORMATS, FILE_FORMATS, FILE_READERS, IMPORT_FORMATS
from kinds import TASK_KINDS
from labeling import labelers
from labeling.labelers import LABELER_KINDS

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("docs", "benchmarks", "samples", "tests/samples")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
OURS = sorted(name for name, app in get_commands().items() if app in settings.OUR_APPS)
API_ROUTES = [
    route
    for app in settings.OUR_APPS
    if (ROOT / app / "api" / "urls.py").exists()
    for route in import_module(f"{app}.api.urls").urlpatterns
]
ENTRY_POINT_GROUPS = {
    labelers.ENTRY_POINT_GROUP,
    kinds.ENTRY_POINT_GROUP,
    item_kinds.ENTRY_POINT_GROUP,
    IMPORT_FORMATS,
    EXPORT_FORMATS,
    "countersign.apps",
}
WORDS_AFTER_MAKE = {"a", "an", "sure", "it", "the", "virtual", "up", "them", "one", "is", "no"}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def text(*names: str) -> str:
    return "\n".join((ROOT / name).read_text() for name in names)


def everything() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def code(page: Path) -> str:
    """What stands between backticks: in line and in blocks."""
    whole = page.read_text()
    return "\n".join(re.findall(r"```\w*\n(.*?)```", whole, re.DOTALL) + re.findall(r"`([^`\n]+)`", whole))


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_there_are_pages() -> None:
    names = {ids(page) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/GLOSSARY.md"} <= names
    assert {"docs/RUNBOOK.md", "docs/add_a_labeler.md", "docs/add_a_task_kind.md", "docs/add_a_format.md"} <= names
    assert len(text("docs/ARCHITECTURE.md").splitlines()) < 150


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"\| `manage.py {name}`? ", text("docs/RUNBOOK.md"))
    assert load_command_class(get_commands()[name], name).help


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_documented_command_exists_with_its_options(page: Path) -> None:
    for line in re.findall(r"manage\.py ([a-z_]+(?: --?[\w-]+(?:[ =][\w,./]+)?)*)", code(page)):
        name, *options = line.replace("=", " ").split()
        assert name in get_commands(), line
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert {option for option in options if option.startswith("-")} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_documented_target_exists(page: Path) -> None:
    told = set(re.findall(r"(?:^|[\s`(])make ([a-z-]+)", code(page), re.MULTILINE)) - WORDS_AFTER_MAKE
    assert told <= TARGETS


def test_every_target_is_told_by_make_help() -> None:
    makefile = text("Makefile")
    told = set(re.findall(r'echo "make ([a-z-]+)', makefile))
    assert told <= TARGETS
    assert TARGETS - told <= {"help", "install", "install-dev", "check"} | told


@pytest.mark.parametrize("name", sorted(LABELER_KINDS))
def test_every_labeler_kind_is_documented(name: str) -> None:
    assert f"`{name}`" in text("docs/GLOSSARY.md")
    assert labelers.ENTRY_POINT_GROUP in text("docs/add_a_labeler.md")


@pytest.mark.parametrize("name", sorted(TASK_KINDS))
def test_every_task_kind_is_documented(name: str) -> None:
    assert name in text("docs/GLOSSARY.md")
    assert name in text("docs/add_a_task_kind.md")


@pytest.mark.parametrize("name", sorted(FILE_READERS))
def test_every_import_format_is_documented(name: str) -> None:
    assert f"`{name}`" in text("docs/api.md")


@pytest.mark.parametrize("name", sorted(FILE_FORMATS))
def test_every_export_format_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", text("docs/api.md"))


def test_every_call_of_the_api_page_exists() -> None:
    calls = re.findall(r"\$URL(/[^\s'\")?]*)", text("docs/api.md"))
    assert len(calls) > 20
    for call in calls:
        try:
            resolve("/api/v1" + call)
        except Resolver404:
            pytest.fail(f"docs/api.md calls {call}, which does not exist")


def test_every_part_of_the_api_is_on_its_page() -> None:
    page = text("docs/api.md")
    for route in API_ROUTES:
        pattern = re.sub(r"\(\?P<\w+>[^)]*\)|<\w+:\w+>", "", str(route.pattern)).strip("^$")
        parts = [part for part in pattern.split("/") if part and part not in {"datasets"}]
        for part in parts:
            assert part in page, f"docs/api.md does not tell of {part}/ ({route.name})"


def links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        aim = page if not path else page.parent / path
        assert aim.exists(), f"{ids(page)} links to {target}"
        if anchor and aim.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", aim.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in backticks below one of the product's own folders."""
    packages = ("config", "supervision", "ground", "kinds", *settings.OUR_APPS)
    roots = tuple(f"{name}/" for name in (*packages, "templates", "static", "tests", "docs", "tools"))
    for name in re.findall(r"`([\w./-]+)`", page.read_text()):
        if name.startswith(roots):
            assert (ROOT / name).exists(), f"{ids(page)} names {name}"


def test_entry_points_of_the_docs_are_read() -> None:
    groups = set(re.findall(r'entry-points\."([\w.]+)"', everything()))
    assert groups <= ENTRY_POINT_GROUPS
    for group in ENTRY_POINT_GROUPS:
        assert f"`{group}`" in everything()
