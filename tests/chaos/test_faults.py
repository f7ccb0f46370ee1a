"""The table of faults names every fault once, and for each a test and a control that run where it says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs" / "faults.md"
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.read_text().splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")]) and re.fullmatch(r"F\d+", cells[0])
}
# A benchmark shows the one; the other takes two releases.
ELSEWHERE = {"F14", "F19"}


def named(cell: str) -> list[tuple[str, str]]:
    """File and function of every test in a cell."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)


@cache
def marked_in(file: str) -> dict[str, bool]:
    """The tests of a file, and whether they are marked as chaos: by themselves, or with the whole file."""
    tree = ast.parse((ROOT / file).read_text())
    whole = any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark" and ".chaos" in ast.unparse(node)
        for node in tree.body
    )
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {
        one.name: whole or any(".mark.chaos" in ast.unparse(mark) for mark in one.decorator_list)
        for one in functions
        if one.name.startswith("test_")
    }


def test_every_fault_has_a_row() -> None:
    assert set(ROWS) | ELSEWHERE == {f"F{number}" for number in range(1, 34)}
    assert list(ROWS) == sorted(ROWS, key=lambda name: int(name[1:]))


@pytest.mark.parametrize("fault", [name for name in ROWS if name not in ELSEWHERE])
def test_every_fault_has_a_test_and_a_control(fault: str) -> None:
    _, must, shown, control, where = ROWS[fault]
    assert must
    assert named(shown)
    assert named(control) or control.startswith("the same test: ")
    runs_in = set(where.split(", "))
    for file, name in [*named(shown), *named(control)]:
        assert name in marked_in(file), f"{fault} names {file}::{name}"
        assert ("chaos" if marked_in(file)[name] else "test") in runs_in, f"{fault}: {name} runs elsewhere"


def test_the_control_of_a_fault_is_another_test() -> None:
    for fault, (_, _, shown, control, _) in ROWS.items():
        assert not set(named(shown)) & set(named(control)), fault


def test_whatever_checks_a_check_is_in_the_table() -> None:
    controls = {name for cells in ROWS.values() for _, name in named(cells[3])}
    for file in (ROOT / "tests").rglob("test_*.py"):
        found = {name for name in marked_in(str(file.relative_to(ROOT))) if name.startswith("test_the_check_finds")}
        assert found <= controls, file
