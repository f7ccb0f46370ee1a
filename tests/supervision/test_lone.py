"""One program in a container: signals reach it, its end is the container's, and what stands still is ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervision import lone
from tests.servers import ROOT, wait_for


def started(code: str, output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        command = lone.command_line("worker", [sys.executable, "-c", code])
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


def test_a_program_that_stands_still_ends_it(tmp_path) -> None:
    code = "from supervision.beats import Beat; import os, signal, time; Beat(patience=1).keep(); time.sleep(1)\n"
    process = started(code + "print('up', flush=True); os.kill(os.getpid(), signal.SIGSTOP)", tmp_path / "out")
    assert process.wait(timeout=60) == 128 + 9
    assert "stands still and is ended" in (tmp_path / "out").read_text()


def test_nothing_of_it_is_left(tmp_path) -> None:
    before = {path.name for path in Path("/tmp").glob("countersign-beats-*")}
    process = started("print('up', flush=True)", tmp_path / "out")
    assert process.wait(timeout=10) == 0
    assert {path.name for path in Path("/tmp").glob("countersign-beats-*")} <= before
    assert os.environ.get("COUNTERSIGN_BEATS") is None
