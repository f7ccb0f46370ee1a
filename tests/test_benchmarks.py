"""Every benchmark still runs, over little: nobody starts them between two releases, and names change meanwhile."""

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.timeout(400)
chaos = pytest.mark.chaos
ROOT = Path(settings.BASE_DIR)
SMALL = {
    "annotated": "--images 200 --rounds 1",
    "crowd": "--items 3000 --reviewers 4 --seconds 4 --reading 0.2",
    "editors": "",
    "elements": "--items 2000 --placed 500 --rounds 1",
    "fair": "--datasets 4 --items 300 --small 60",
    "files": "--rows 20000 --rounds 1",
    "front": "--seconds 0.5 --rounds 1",
    "keys": "--texts 10 --blind 3 --images 5",
    "keystroke": "--items 5000",
    "pages": "--items 5000 --rounds 1",
    "policy_change": "--items 5000 --reviewers 2",
    "queue_claims": "--items 5000 --reviewers 1 4 --seconds 1",
    "runs": "--items 2000 --runs 1",
    "sizes": "--items 2000",
    "start": "",
}
# They need data that is not here; the sets of `real_sets` are played by `tests/real_sets`, in cuts.
DATA = {"accuracy", "real_sets"}


def ran(name: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """One program, to its end, on a scratch home of its own."""
    ours = ("COUNTERSIGN_", "DATABASE_", "DJANGO_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", *words],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_is_tried_and_its_types_are_checked() -> None:
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_")}
    assert programs == {*SMALL, *DATA, "table"}
    assert programs == set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["modules"])


@chaos
@pytest.mark.parametrize("name", SMALL)
def test_it_measures(name: str, tmp_path: Path) -> None:
    """The exit status is the number of figures that miss their limits: over little, some do."""
    told = ran(name, *SMALL[name].split(), BENCHMARK_RESULTS=str(tmp_path))
    files = list(tmp_path.iterdir())
    assert len(files) == 1, told.stderr[-3_000:]
    figures = json.loads(files[0].read_text())["figures"]
    assert figures
    assert told.returncode == sum(figure["missed"] for figure in figures), told.stderr[-3_000:]


@chaos
def test_the_loop_on_banking77_ends_with_a_certificate(tmp_path: Path) -> None:
    """Over the labels of the sample."""
    with (ROOT / "samples" / "banking77" / "labelled.csv").open(newline="") as file:
        rows = [{"text": row["text"], "category": row["label"]} for row in csv.DictReader(file)]
    for name, part in (("train", rows[::2] + rows[1::4]), ("test", rows[3::4])):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, ["text", "category"])
            writer.writeheader()
            writer.writerows(part)
    told = ran("accuracy", "--data", str(tmp_path), "--first", "300", "--rounds", "1", "--per-round", "100")
    assert (told.returncode, "| 95%" in told.stdout) == (0, True), told.stderr[-3_000:]


@chaos
@pytest.mark.parametrize("name", sorted(DATA))
def test_without_its_data_it_says_so(name: str) -> None:
    told = ran(name)
    assert (told.returncode, told.stderr, "--data" in told.stdout) == (0, "", True)
