import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from labeling.labelers import LABELER_KINDS, add_entry_points


class _Own:
    name = "own"


OWN = _Own()


def test_kinds_of_other_packages_are_added_by_entry_points() -> None:
    kinds: dict[str, Any] = {}
    add_entry_points(kinds, EntryPoints([EntryPoint("own", f"{__name__}:OWN", "countersign.labelers")]))
    assert kinds["own"].name == "own"


@pytest.mark.parametrize(("entry", "taken"), [("other", {}), ("own", {"own": OWN})])
def test_a_name_that_differs_or_is_taken_stops_the_start(entry: str, taken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="own"):
        add_entry_points(dict(taken), EntryPoints([EntryPoint(entry, f"{__name__}:OWN", "countersign.labelers")]))


def test_the_registry_imports_no_heavy_library() -> None:
    code = "import sys, labeling.labelers; print([m for m in ('sklearn', 'openai', 'skops') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "[]"
    assert set(LABELER_KINDS) >= {"rules", "classifier", "llm", "imported"}
