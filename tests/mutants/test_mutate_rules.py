"""What the tool makes of mutmut's results: what counts as noticed, which share, what is explained."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The command, loaded from its file."""
    spec = importlib.util.spec_from_file_location("mutate_rules", ROOT / "tools" / "mutate_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shares_are_told_by_file_and_in_all(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Failed tests, too much time and a dead interpreter notice; passed tests, none at all and odd ends do not."""
    statuses = {
        "labeling/policies/routing.py": [1, 0, -24, -9, 33, None],
        "review/deciding/agreement.py": [1, 1, 2, None],
    }
    for file, ended in statuses.items():
        meta = tmp_path / "mutants" / f"{file}.meta"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps({"exit_code_by_key": {f"x_rule__mutmut_{n}": one for n, one in enumerate(ended)}}))
    assert tool.report(list(tool.changes(tmp_path))) == 5 / 8
    assert capsys.readouterr().out.splitlines() == [
        "labeling/policies/routing.py: 3 of 5 noticed (60.0%)",
        "review/deciding/agreement.py: 2 of 3 noticed (66.7%)",
        "The rules: 5 of 8 noticed (62.5%)",
    ]


def test_a_change_is_explained_by_file_function_and_lines(tool: ModuleType) -> None:
    before, after = "if n < 2 or n >= population:", "if n < 2 or n > population:"
    file, function = "measuring/estimation.py", "_stratum_variance"
    assert tool.is_explained((file, function, before, after))
    assert not tool.is_explained((file, function, before, "if n < 2 and n >= population:"))
    assert not tool.is_explained((file, "ratio", before, after))
    assert not tool.is_explained(("review/deciding/agreement.py", function, before, after))
