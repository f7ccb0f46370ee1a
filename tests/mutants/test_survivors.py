"""Every change that is explained can still be made, and is explained once."""

import ast
from pathlib import Path

import pytest

from tests.mutants.survivors import SURVIVORS, Survivor

ROOT = Path(__file__).resolve().parent.parent.parent


def functions(file: str) -> dict[str, str]:
    """The lines of each function, without their indentation, by its name: `route`, `Classification.parse`."""
    source = (ROOT / file).read_text()
    lines = source.splitlines()
    found = {}
    tree = ast.parse(source)
    owners = [("", tree), *((f"{node.name}.", node) for node in tree.body if isinstance(node, ast.ClassDef))]
    for prefix, owner in owners:
        for node in owner.body:
            if isinstance(node, ast.FunctionDef):
                own = [line.strip() for line in lines[node.lineno - 1 : node.end_lineno]]
                found[prefix + node.name] = "\n".join(own)
    return found


@pytest.mark.parametrize("survivor", SURVIVORS, ids=lambda one: f"{one.function}: {one.why}")
def test_it_can_be_made(survivor: Survivor) -> None:
    lines = functions(survivor.file)[survivor.function]
    assert survivor.why
    assert survivor.changes
    for old, new in survivor.changes:
        assert old in lines
        assert old != new


def test_each_is_explained_once() -> None:
    made = [(one.file, one.function, *change) for one in SURVIVORS for change in one.changes]
    assert len(set(made)) == len(made)
