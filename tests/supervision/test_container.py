"""One program in a container: signals reach it, the container ends with it, and unresponsive processes are killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervision import container
from tests.servers import ROOT, wait_for


def started(code: str, output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        command = container.command_line("worker", [sys.executable, "-c", code])
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT)
    wait_for(lambda: "up" in output.read_text(), what=f"the program ({output.read_text()})")
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signals_reach_the_program_and_its_status_is_told(tmp_path, number) -> None:
    code = f"""
import signal, sys, time
signal.signal({int(number)}, lambda *_: sys.exit(7))
print("up", flush=True)
time.sleep(99)
"""
    process = started(code, tmp_path / "out")
    process.send_signal(number)
    assert process.wait(timeout=10) == 7


def test_a_program_that_is_killed_ends_it_as_a_shell_would_tell(tmp_path) -> None:
    process = started(
        "import os, time; print('up', flush=True); time.sleep(0.3); os.kill(os.getpid(), 9)", tmp_path / "o"
    )
    assert process.wait(timeout=10) == 128 + 9


def test_an_unresponsive_program_ends_it(tmp_path) -> None:
    code = """
import os, signal, time
from supervision.watchdog import Heartbeat
Heartbeat(patience=1).keep_beating()
time.sleep(1)
print("up", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""
    process = started(code, tmp_path / "out")
    assert process.wait(timeout=60) == 128 + 9
    assert "is unresponsive and is killed" in (tmp_path / "out").read_text()


def test_nothing_of_it_is_left(tmp_path) -> None:
    before = {path.name for path in Path("/tmp").glob("countersign-watchdog-*")}
    process = started("print('up', flush=True)", tmp_path / "out")
    assert process.wait(timeout=10) == 0
    assert {path.name for path in Path("/tmp").glob("countersign-watchdog-*")} <= before
    assert os.environ.get("COUNTERSIGN_WATCHDOG") is None


@pytest.mark.parametrize(
    ("host", "probed"),
    [("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("[::]", "::1"), ("[::1]", "::1"), ("", "127.0.0.1")],
)
def test_a_web_server_is_probed_where_it_listens(host: str, probed: str) -> None:
    words = container.command_line("web", ["granian"], host=host, port=8000)
    assert words[-6:] == ["web", "--probe", probed, "8000", "--", "granian"]


def test_a_worker_is_not_probed() -> None:
    assert container.command_line("worker", ["celery"])[-3:] == ["worker", "--", "celery"]
