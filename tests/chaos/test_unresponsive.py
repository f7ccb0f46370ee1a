"""Processes of the real product that hang, like one that is swapped out or stuck in a call: each is noticed, killed and
replaced, and the others serve meanwhile."""

import signal
from pathlib import Path

import psutil
import pytest

from supervision import probe
from tests.processes import alive, command
from tests.servers import wait_for
from tests.started import Started, fresh_home

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(600)]


def child_of(product: Started, words: str) -> psutil.Process:
    """The supervisor's child whose command line holds the words."""
    wait_for(lambda: any(words in command(c) for c in psutil.Process(product.process.pid).children()), what=words)
    return next(c for c in psutil.Process(product.process.pid).children() if words in command(c))


def answers(product: Started, path: str) -> bool:
    return probe.status("127.0.0.1", product.port, path, seconds=10) == 200


def beats(home: Path, name: str, process: psutil.Process) -> bool:
    """Whether it has given a sign of life."""
    return any((home / "run" / "watchdog" / name).glob(f"{process.pid}-[0-9]*[0-9]"))


def ended(product: Started, name: str, victim: psutil.Process) -> None:
    wait_for(
        lambda: f"{name} (process {victim.pid}) is unresponsive and is killed" in product.text,
        seconds=240, what=f"the end of {name} in {product.text}",
    )  # fmt: skip
    wait_for(lambda: not alive(victim), what=f"the end of process {victim.pid}")


def test_unresponsive_processes_are_replaced() -> None:
    with fresh_home() as home:
        product = Started(home)
        try:
            product.until_http()
            web, runs, jobs = (child_of(product, words) for words in ("granian", "--name runs", "--name jobs"))
            wait_for(lambda: len(web.children()) >= 2 and bool(jobs.children()), what="the processes of web and jobs")
            workers = [child for child in web.children() if "resource_tracker" not in command(child)]
            stopped = workers[0], runs, jobs.children()[0]
            for name, process in zip(("web", "runs", "jobs"), stopped, strict=True):
                wait_for(lambda name=name, process=process: beats(home, name, process), what=f"a beat of {name}")
            for process in stopped:
                process.suspend()
            for name, process in zip(("web", "runs", "jobs"), stopped, strict=True):
                ended(product, name, process)
            assert alive(web)
            assert alive(jobs)
            product.until_said(r"runs exited \(SIGKILL\); restarting it")
            wait_for(lambda: len(web.children()) >= len(workers), seconds=60, what="another web process")
            assert all(answers(product, "/livez") for _ in range(20))

            postgres = child_of(product, "postgres")
            postgres.suspend()
            ended(product, "postgres", postgres)
            wait_for(lambda: answers(product, "/readyz"), seconds=60, what="readiness")
        finally:
            product.process.send_signal(signal.SIGCONT)
            product.end()
