"""Children: started again when they fall, ended in order, shown when they fail."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from supervision.children import Program
from supervision.errors import StartFailed, StopAsked
from supervision.processes import ROTATE_BYTES, Supervisor
from tests.processes import alive
from tests.servers import ROOT, wait_for


def python(name: str, code: str, **more) -> Program:
    return Program(name, [sys.executable, "-c", code], ROOT, os.environ, **more)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]):
    one = Supervisor(tmp_path / "logs", say=said.append)
    yield one
    one.stop()


def test_a_child_that_falls_is_started_again_later_and_later(supervisor, said, tmp_path) -> None:
    child = supervisor.start(python("fragile", "raise SystemExit('no luck')"))
    threading.Timer(2.2, lambda: setattr(supervisor, "stop_asked", True)).start()
    supervisor.watch()
    falls = [line for line in said if line.startswith("fragile exited (exit status 1)")]
    assert 2 <= len(falls) <= 4
    assert ["0.5 s" in falls[0], "1.0 s" in falls[1]] == [True, True]
    assert child.log.read_text().count("no luck") >= 2


def test_a_start_that_fails_shows_the_last_lines(supervisor) -> None:
    child = supervisor.start(python("web", "print('the port is taken'); raise SystemExit(3)"))
    with pytest.raises(StartFailed, match="the port is taken"):
        supervisor.wait_until(lambda: False, seconds=20, what="the web server", child=child)


def test_a_wait_has_an_end_and_can_be_broken_off(supervisor) -> None:
    with pytest.raises(StartFailed, match="not ready after 0 seconds"):
        supervisor.wait_until(lambda: False, seconds=0.1, what="it")
    supervisor.stop_asked = True
    with pytest.raises(StopAsked):
        supervisor.wait_until(lambda: False, seconds=5, what="it")


def test_a_run_returns_its_output_and_leaves_nothing(supervisor, tmp_path) -> None:
    assert supervisor.run(python("prepare", "print('done')")) == "done\n"
    with pytest.raises(StartFailed, match=r"prepare failed.*\n.*no such table"):
        supervisor.run(python("prepare", "raise SystemExit('no such table')"))
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["prepare.log"]


def test_stop_ends_the_stubborn_their_children_and_the_database_last(supervisor, tmp_path) -> None:
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "subprocess.Popen(['sleep', '99']); print('up', flush=True); time.sleep(99)"
    )
    last = (
        "import signal, sys, time; signal.signal(signal.SIGINT, lambda *a: sys.exit(print('bye', time.time()))); "
        "print('up', flush=True); time.sleep(99)"
    )
    database = supervisor.start(python("database", last, stops_last=True, stop_signal=signal.SIGINT))
    worker = supervisor.start(python("worker", stubborn))
    for child in (database, worker):
        wait_for(lambda child=child: "up" in child.log.read_text(), child=child)
    everyone = psutil.Process(worker.process.pid).children(recursive=True)
    assert everyone
    start, stamp = time.monotonic(), time.time()
    supervisor.stop()
    assert time.monotonic() - start < 9
    assert not any(alive(process) for process in everyone)
    assert float(database.log.read_text().split("bye")[1]) > stamp + 2  # it waited for the worker


def test_a_program_beside_the_others_is_not_repeated(supervisor, said) -> None:
    done: list[int] = []
    supervisor.start_once(python("samples", "pass"), on_success=lambda: done.append(1))
    supervisor.start_once(python("broken", "raise SystemExit('disk full')"), on_success=lambda: done.append(2))
    threading.Timer(1.5, lambda: setattr(supervisor, "stop_asked", True)).start()
    supervisor.watch()
    assert done == [1]
    assert any("broken failed" in line and "disk full" in line for line in said)


def test_a_long_log_is_put_aside_at_the_start(supervisor, tmp_path) -> None:
    log = tmp_path / "logs" / "web.log"
    log.write_bytes(b"x" * (ROTATE_BYTES + 1))
    wait_for(lambda: not supervisor.start(python("web", "print('fresh')")).process.wait())
    assert log.read_text() == "fresh\n"
    assert (tmp_path / "logs" / "web.log.1").stat().st_size == ROTATE_BYTES + 1


def killed_supervisor(folder: Path, *, before: str = "") -> int:
    """The child of a supervisor that was killed; `before` is what the supervisor's program does at first."""
    code = f"""
import os, sys, time
from pathlib import Path
from supervision import children
from supervision.children import Program
from supervision.processes import Supervisor
{before}
supervisor = Supervisor(Path({str(folder)!r}), say=print)
child = supervisor.start(Program("sleeper", ["sleep", "99"], Path("/"), os.environ))
print(child.process.pid, flush=True)
time.sleep(99)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    return pid


def is_gone(pid: int) -> bool:
    try:
        return not alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return True


def test_a_killed_supervisor_leaves_no_child(tmp_path) -> None:
    pid = killed_supervisor(tmp_path)
    wait_for(lambda: is_gone(pid), seconds=5)


def test_the_check_finds_a_child_that_nobody_tells(tmp_path) -> None:
    """The negative control: the kernel was not asked to tell it of its parent's end."""
    pid = killed_supervisor(tmp_path, before="children.end_with_parent = lambda number: None")
    try:
        with pytest.raises(AssertionError):
            wait_for(lambda: is_gone(pid), seconds=1)
    finally:
        os.kill(pid, signal.SIGKILL)
