"""Every change in the list can still be made, and the tests that it names are there."""

import ast
from pathlib import Path

import pytest

from tests.mutants.changes import CHANGES, Change

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_it_can_be_made(change: Change) -> None:
    assert (ROOT / change.file).read_text().count(change.old) == 1
    assert change.old != change.new
    assert change.noticed_by
    for name in change.noticed_by:
        file, _, function = name.partition("::")
        tree = ast.parse((ROOT / file).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not function or function in names


def test_each_has_a_name_of_its_own() -> None:
    assert len({change.name for change in CHANGES}) == len(CHANGES)
