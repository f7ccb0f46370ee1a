"""The figures on the page about performance are those that were measured, and stand in a file with their machine."""

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_the_page_shows_the_newest_results() -> None:
    table = subprocess.run(
        [sys.executable, "benchmarks/table.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert len(table.splitlines()) > 40
    assert table in (ROOT / "docs" / "performance.md").read_text()


def test_every_result_says_what_it_was_measured_on() -> None:
    files = list((ROOT / "benchmarks" / "results").glob("*.json"))
    assert files
    for file in files:
        found = json.loads(file.read_text())
        assert file.name == f"{found['at'][:10]}-{found['benchmark']}.json"
        assert found["machine"]["cores"] > 0
        assert {"PostgreSQL", "Python", "commit"} <= found["versions"].keys()
        assert found["load"].keys() == {"before", "after"}
        assert {one["what"] for one in found["figures"] if one["missed"]} == {
            one["what"]
            for one in found["figures"]
            if one["limit"] is not None
            and (one["value"] < one["limit"] if one["least"] else one["value"] > one["limit"])
        }
