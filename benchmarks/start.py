"""A later start of the whole product, and what it holds in memory at rest.

    .venv/bin/python benchmarks/start.py

Starts `manage.py up` on a scratch home once (which makes the database), then three times more, and prints the seconds
from the command to HTTP 200 and the memory of all its processes: RSS counts shared pages for each process, PSS once.
"""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
from _results import Results

ROOT = Path(__file__).resolve().parent.parent
STARTS = 3
REST_SECONDS = 5
LONGEST = 120


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path) -> tuple[subprocess.Popen[bytes], float]:
    """The product on this home, and the seconds until it answered."""
    port = free_port()
    environment = dict(os.environ) | {
        "COUNTERSIGN_HOME": str(home),
        "COUNTERSIGN_SAMPLES": "0",
        "COUNTERSIGN_ADMIN_PASSWORD": "start benchmark",
        "PORT": str(port),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up"], env=environment, stdout=subprocess.DEVNULL
    )
    while time.perf_counter() - began < LONGEST:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=1):
                return process, time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the product did not answer")


def memory(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """RSS and PSS of the process and all it started, in megabytes."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    facts = []
    for one in family:
        with suppress(psutil.NoSuchProcess):  # the database's own children come and go
            facts.append(one.memory_full_info())
    return sum(fact.rss for fact in facts) / 1e6, sum(fact.pss for fact in facts) / 1e6


def stop(process: subprocess.Popen[bytes]) -> float:
    """Seconds from Ctrl-C to the end."""
    began = time.perf_counter()
    process.send_signal(signal.SIGINT)
    process.wait(30)
    return time.perf_counter() - began


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(text + "\n")


def main() -> int:
    """Print the figures; how many miss their limit."""
    results = Results("start", {"starts": STARTS})
    home = Path(tempfile.mkdtemp(prefix="countersign-start-"))
    home.chmod(0o711)
    try:
        process, first = start(home)
        stop(process)
        seconds, stops = [], []
        for number in range(STARTS):
            process, taken = start(home)
            seconds.append(taken)
            if number == STARTS - 1:
                time.sleep(REST_SECONDS)
                rss, pss = memory(process)
            stops.append(stop(process))
        say(f"first start {first:.1f} s")
        say(f"later starts {', '.join(f'{one:.2f}' for one in seconds)} s, median {statistics.median(seconds):.2f} s")
        say(f"stops {', '.join(f'{one:.1f}' for one in stops)} s")
        say(f"memory at rest: RSS {rss:.0f} MB, PSS {pss:.0f} MB; load {os.getloadavg()[0]:.1f}")
        results.add("first start", first, "s")
        results.add("later start, median", statistics.median(seconds), "s", 3.0)
        results.add("stop, longest", max(stops), "s", 10.0)
        results.add("memory at rest, RSS", rss, "MB", 600.0)
        results.add("memory at rest, PSS", pss, "MB")
        say(f"written to {results.save()}")
        return results.missed
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
