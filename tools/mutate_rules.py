"""Changes the pure rules wherever a tool can think of a change, and sees that the tests notice: `make mutants`.

mutmut makes the changes, one after the other, on a copy of the tree; [tool.mutmut] in pyproject.toml says of which
files and which tests have to notice. Nine tenths of all have to be noticed, and each of the others has to be explained
in tests/mutants/survivors.py.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.mutants.survivors import SURVIVORS  # noqa: E402 - the tree has to be found first
from tools.mutants import copied  # noqa: E402

ENOUGH = 0.9
# A mutation that makes the tests hang, or ends Python itself, is detected as well.
NOTICED = {"killed", "timeout", "segfault"}

# File, function, the lines as they stand, and as they become.
Made = tuple[str, str, str, str]


@dataclass(frozen=True)
class Change:
    """One change that mutmut made, and whether a test noticed."""

    file: str
    name: str
    noticed: bool


def run_mutmut(tree: Path, files: Sequence[str], processes: int) -> bool:
    """Whether it came to its end. What it says is shown where somebody looks on, and otherwise when it fails."""
    patterns = [f"{file.removesuffix('.py').replace('/', '.').removesuffix('.__init__')}.*" for file in files]
    command = [str(ROOT / ".venv/bin/mutmut"), "run", "--max-children", str(processes), *patterns]
    if sys.stdout.isatty():
        return subprocess.run(command, cwd=tree, check=False).returncode == 0
    done = subprocess.run(command, cwd=tree, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout[-5_000:], done.stderr[-5_000:], sep="\n")  # noqa: T201 - a command
    return done.returncode == 0


def changes(tree: Path) -> Iterator[Change]:
    """Every change that was tried."""
    for results in sorted((tree / "mutants").rglob("*.py.meta")):
        file = str(results.relative_to(tree / "mutants")).removesuffix(".meta")
        for name, status in json.loads(results.read_text())["exit_code_by_key"].items():
            if status is not None:
                yield Change(file, name, status_by_exit_code[status] in NOTICED)


def made(change: Change) -> Made:
    """What was changed, in words that stay when lines are added elsewhere; in the folder that mutmut ran in."""
    mangled = change.name.rpartition(".")[2].rpartition("__mutmut_")[0]
    function = ".".join(mangled.split("ǁ")[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")
    lines = get_diff_for_mutant(change.name, path=Path(change.file)).splitlines()[2:]
    before, after = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return change.file, function, before, after


def report(tried: Sequence[Change]) -> float:
    """Print the share noticed of each file; the share of all."""
    for file in sorted({change.file for change in tried}):
        own = [change.noticed for change in tried if change.file == file]
        print(f"{file}: {sum(own)} of {len(own)} noticed ({sum(own) / len(own):.1%})")  # noqa: T201
    noticed = sum(change.noticed for change in tried)
    print(f"The rules: {noticed:,} of {len(tried):,} noticed ({noticed / len(tried):.1%})")  # noqa: T201
    return noticed / len(tried)


def is_explained(change: Made) -> bool:
    """Whether the list says why nobody has to notice."""
    file, function, before, after = change
    return any((one.file, one.function) == (file, function) and one.explains(before, after) for one in SURVIVORS)


def main() -> int:
    """0 when enough was noticed and the rest is explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="only these files, as in labeling/policies/routing.py")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder))
        if not run_mutmut(tree, asked.files, asked.processes):
            return 1
        with contextlib.chdir(tree):
            tried = list(changes(tree))
            share = report(tried)
            survived = [made(change) for change in tried if not change.noticed]
    left = [change for change in survived if not is_explained(change)]
    for file, function, before, after in left:
        print(f"NOT NOTICED: {file}, {function}\n- {before}\n+ {after}")  # noqa: T201
    print(f"{len(survived) - len(left)} of the {len(survived)} others are explained.")  # noqa: T201
    return 1 if left or share < ENOUGH else 0


if __name__ == "__main__":
    sys.exit(main())
