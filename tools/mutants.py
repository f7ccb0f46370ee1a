"""Changes the product a little, again and again, and sees that the tests notice: `make mutants`.

The list is in tests/mutants/changes.py: changes to statements, locks, isolation, permissions and scripts, each held
against the tests that it names, on a copy of the tree.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.mutants.changes import CHANGES, Change  # noqa: E402 - the tree has to be found first

# Seconds for the tests of one change; a change may make one hang.
PATIENCE = 600
# pytest's exit status when tests ran and some failed.
TESTS_FAILED = 1


def copied(folder: Path) -> Path:
    """The tree as it stands, tracked and new files, with this one's virtual environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    tree = folder / "tree"
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, tree / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
    return tree


def status_of(tree: Path, tests: Sequence[str]) -> int:
    """pytest's exit status; -1 when it took too long."""
    command = [str(ROOT / ".venv/bin/python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(command, cwd=tree, timeout=PATIENCE, capture_output=True, check=False).returncode
    except subprocess.TimeoutExpired:
        return -1


def is_noticed(tree: Path, change: Change) -> bool:
    """Make the change, run its tests, and take it back."""
    file = tree / change.file
    before = file.read_text()
    if before.count(change.old) != 1:
        raise SystemExit(f"{change.name}: the text to change occurs {before.count(change.old)} times in it.")
    file.write_text(before.replace(change.old, change.new))
    try:
        return status_of(tree, change.noticed_by) in {TESTS_FAILED, -1}
    finally:
        file.write_text(before)


def main() -> int:
    """0 when everything was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only changes whose names hold one of these words")
    words = parser.parse_args().words
    wanted = [one for one in CHANGES if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder))
        tests = sorted({name for change in wanted for name in change.noticed_by})
        if status_of(tree, tests) != 0:
            print("The tests fail without any change; fix them first.")  # noqa: T201 - a command
            return 1
        unnoticed = []
        for number, change in enumerate(wanted, start=1):
            noticed = is_noticed(tree, change)
            print(f"{number}/{len(wanted)} {'noticed' if noticed else 'NOT NOTICED'}: {change.name}", flush=True)  # noqa: T201
            unnoticed += [] if noticed else [change.name]
    print(f"{len(wanted) - len(unnoticed)} of {len(wanted)} changes were noticed.")  # noqa: T201
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
