"""The newest result of each benchmark as the table of docs/performance.md.

.venv/bin/python benchmarks/table.py
"""

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
# In this order: the settings that a figure is to be read with.
TITLES = {
    "queue_claims": "queue, {waiting:,} items waiting",
    "files": "files of {rows:,} rows, median of {rounds}",
    "pages": "pages, {items:,} items, {decisions:,} decisions, 77 classes",
    "elements": "figures by element, {items:,} items, {elements:,} elements, {decided:,} items decided",
    "crowd": "{reviewers} people for {seconds:,.0f} s, {waiting:,} items waiting, a run meanwhile",
    "policy_change": "a change of policy, {items:,} items, {reviewers} reviewers meanwhile",
    "runs": "a run of a trained classifier over {items:,} texts",
    "fair": "a run of rules over {small:,} items and an import of five rows, among {datasets} datasets with runs",
    "front": "the web server with and without the front that receives bodies, {rounds} rounds of {seconds:.0f} s each",
    "keystroke": "key press to next item painted, {items:,} items",
    "keys": "keys for a correct decision, {texts} banking questions of 77 classes, {images} images of ten",
    "sizes": "bytes in the database, {items:,} items",
    "start": "the product",
    "annotated": "annotations of {images:,} images, {boxes} boxes each, median of {rounds}",
}


def newest() -> dict[str, dict[str, Any]]:
    """Benchmark -> its newest result; file names begin with the date."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        document = json.loads(path.read_text())
        found[document["benchmark"]] = document
    return found


def family(benchmark: str) -> str:
    """The benchmark without the size that its name may end with."""
    return benchmark.rstrip("_0123456789")


def amount(value: float, unit: str) -> str:
    """A figure with as many digits as mean something."""
    return f"{value:,.2f}" if unit == "ratio" else f"{value:,.0f} {unit}" if value >= 100 else f"{value:,.1f} {unit}"


def rows(document: dict[str, Any]) -> list[str]:
    """A heading and a row for each figure."""
    title = TITLES[family(document["benchmark"])].format(**document["settings"])
    load = document["load"]
    lines = [f"| **{title}**, {document['at'][:10]}, load {load['before']} to {load['after']} | | | |"]
    for one in document["figures"]:
        limit = (
            "" if one["limit"] is None else f"{'least' if one['least'] else 'most'} {amount(one['limit'], '')}".strip()
        )
        missed = "missed" if one["missed"] else ""
        lines.append(f"| {one['what']} | {amount(one['value'], one['unit'])} | {limit} | {missed} |")
    return lines


def main() -> int:
    """Print it."""
    results = newest()
    lines = ["| what | figure | limit | |", "|---|---|---|---|"]
    for title in TITLES:
        for name in sorted(name for name in results if family(name) == title):
            lines += rows(results[name])
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
