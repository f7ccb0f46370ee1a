"""Results as dated JSON, with what they were measured on: a figure without its machine and its load says little."""

import json
import os
import platform
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("BENCHMARK_RESULTS", Path(__file__).resolve().parent / "results"))
LIBRARIES = ("Django", "djangorestframework", "psycopg", "granian", "celery", "scikit-learn")


@dataclass(frozen=True)
class Figure:
    """One figure and the limit it is held against: at most, or (`least`) at least; None where there is none."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False

    @property
    def missed(self) -> bool:
        """Whether it is on the wrong side of its limit."""
        if self.limit is None:
            return False
        return self.value < self.limit if self.least else self.value > self.limit


@dataclass
class Results:
    """The figures of one benchmark. `settings`: how many items, reviewers, seconds: what makes them comparable."""

    benchmark: str
    settings: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    _load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, what: str, value: float, unit: str, limit: float | None = None, *, least: bool = False) -> Figure:
        """One more figure."""
        figure = Figure(what, round(value, 4), unit, limit, least)
        self.figures.append(figure)
        return figure

    @property
    def missed(self) -> int:
        """How many figures miss their limit."""
        return sum(figure.missed for figure in self.figures)

    def save(self) -> Path:
        """Write `benchmarks/results/<date>-<benchmark>.json`, in place of an earlier one of that day."""
        now = datetime.now(UTC)
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{now:%Y-%m-%d}-{self.benchmark}.json"
        document = {
            "benchmark": self.benchmark,
            "at": now.isoformat(timespec="seconds"),
            "settings": self.settings,
            "machine": _machine(),
            "versions": _versions(),
            "load": {"before": round(self._load_before, 2), "after": round(os.getloadavg()[0], 2)},
            "figures": [asdict(figure) | {"missed": figure.missed} for figure in self.figures],
        }
        path.write_text(json.dumps(document, indent=1) + "\n")
        return path


def _machine() -> dict[str, Any]:
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
    }


def _versions() -> dict[str, str]:
    sys.path.insert(0, str(ROOT))
    from supervision.postgres_binaries import installed  # noqa: PLC0415 - found by the line above

    product = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = {"countersign": product, "commit": _commit(), "Python": platform.python_version()}
    return found | {"PostgreSQL": str(installed()[0].major)} | {name: version(name) for name in LIBRARIES}


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
