"""Unresponsive processes are noticed and killed; those that give heartbeats, or cannot give any, are not."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from supervision import children, watchdog
from supervision.children import Program
from supervision.processes import Supervisor
from supervision.watchdog import CHECK_EVERY, Silence, Watchdog
from tests.servers import ROOT, wait_for

BEATING = """
import time
from supervision import watchdog
watchdog.EVERY = 0.1
watchdog.Heartbeat(patience=1).keep_beating()
print("up", flush=True)
"""


@pytest.fixture
def quick(monkeypatch) -> None:
    for module in (watchdog, children):
        monkeypatch.setattr(module, "CHECK_EVERY", 0.2)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str], quick: None):
    one = Supervisor(tmp_path / "logs", say=said.append, heartbeats=tmp_path / "beats")
    yield one
    one.stop()


def python(name: str, code: str, **more) -> Program:
    return Program(name, [sys.executable, "-c", code], ROOT, os.environ, **more)


def watched(supervisor: Supervisor, seconds: float) -> None:
    threading.Timer(seconds, lambda: setattr(supervisor, "stop_asked", True)).start()
    supervisor.watch()


def test_an_unresponsive_child_is_killed_and_restarted(supervisor, said) -> None:
    child = supervisor.start(python("worker", BEATING + "time.sleep(99)"))
    wait_for(lambda: "up" in child.log.read_text(), child=child)
    first = child.process.pid
    os.kill(first, signal.SIGSTOP)
    watched(supervisor, 4)
    assert said[0].startswith(f"worker (process {first}) is unresponsive and is killed, see ")
    assert said[1].startswith("worker exited (SIGKILL); restarting it")
    assert len(said) == 2
    assert child.runs
    assert child.process.pid != first


def test_a_child_that_hangs_before_its_first_heartbeat_is_killed_too(supervisor, said) -> None:
    child = supervisor.start(python("worker", "import time; time.sleep(99)", first_beat=1))
    first = child.process.pid
    loading = supervisor.start(python("jobs", BEATING + "time.sleep(99)", first_beat=2))
    watched(supervisor, 3.5)
    assert said[0].startswith(f"worker (process {first}) is unresponsive and is killed, see ")
    assert not any(line.startswith("jobs") for line in said)
    assert loading.runs


def test_the_check_finds_a_supervisor_without_a_watchdog(tmp_path, said, quick) -> None:
    """The negative control: it was given no folder for heartbeats."""
    unwatched = Supervisor(tmp_path / "logs", say=said.append)
    child = unwatched.start(python("worker", BEATING + "time.sleep(99)"))
    try:
        wait_for(lambda: "up" in child.log.read_text(), child=child)
        os.kill(child.process.pid, signal.SIGSTOP)
        watched(unwatched, 3)
        assert said == []
        assert psutil.Process(child.process.pid).status() == psutil.STATUS_STOPPED
    finally:
        unwatched.stop()


def test_only_the_unresponsive_one_of_a_childs_processes_is_killed(supervisor, said) -> None:
    parent = BEATING + f"import subprocess, sys; code = {BEATING + 'time.sleep(99)'!r}\n"
    parent += "two = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(2)]; time.sleep(99)"
    child = supervisor.start(python("web", parent))
    wait_for(lambda: child.log.read_text().count("up") == 3, child=child)
    stopped, other = psutil.Process(child.process.pid).children()
    stopped.suspend()
    watched(supervisor, 3)
    assert said == [f"web (process {stopped.pid}) is unresponsive and is killed, see {child.log}"]
    assert stopped.status() == psutil.STATUS_ZOMBIE
    assert other.status() != psutil.STATUS_ZOMBIE
    assert child.runs


def test_a_program_whose_probe_gets_no_answer_is_killed(supervisor, said) -> None:
    answering = supervisor.start(python("database", "import time; time.sleep(99)", answers=lambda: True, patience=1))
    mute = supervisor.start(python("web", "import time; time.sleep(99)", answers=lambda: False, patience=1))
    first = mute.process.pid
    watched(supervisor, 2.5)
    assert said[0].startswith(f"web (process {first}) is unresponsive and is killed")
    assert not any(line.startswith("database") for line in said)
    assert answering.runs


def takes_its_time() -> bool:
    time.sleep(3)
    return True


def test_one_that_takes_its_time_over_an_answer_holds_up_nobody(supervisor) -> None:
    supervisor.start(python("web", "import time; time.sleep(99)", answers=takes_its_time, patience=60))
    start = time.monotonic()
    watched(supervisor, 1)
    assert time.monotonic() - start < 2.5


def test_a_stranger_with_the_number_of_a_process_is_left_alone(supervisor, said, tmp_path) -> None:
    """A file may be left by a process that went, and its number be given to somebody else's."""
    child = supervisor.start(python("worker", BEATING + "time.sleep(99)"))
    (tmp_path / "beats" / "worker" / f"{os.getpid()}-1").touch()
    watched(supervisor, 3)
    assert said == []
    assert child.runs


def test_silence_is_counted_by_looks_and_ends_with_anything_new() -> None:
    silence = Silence()
    assert silence.after("a", 100.0) == 0
    assert silence.after("a", 105.0) == 5
    assert silence.after("b", 110.0) == 0
    assert silence.after("b", 4_000.0) == 2 * CHECK_EVERY  # the supervisor itself was held up
    assert silence.after("b", 4_001.0) == 2 * CHECK_EVERY + 1


def test_nobody_is_judged_by_a_disk_that_takes_nothing(tmp_path) -> None:
    heard = Watchdog(tmp_path / "beats")
    own = heard.folder / f"{os.getpid()}-1"
    own.touch()
    assert [heard.silent(now) for now in (0.0, 0.9)] == [[], []]
    assert heard.silent(1.8) == [os.getpid()]
    assert not own.exists()
    (heard.folder / "supervisor").unlink()
    heard.folder.rmdir()
    assert heard.silent(9.0) == []


def test_files_of_other_names_mean_nothing(tmp_path) -> None:
    (tmp_path / "beats").write_text("a file where the folder belongs")
    heard = Watchdog(tmp_path / "beats")
    for name in (".nfs0001", "x", "12-", "-1", "1-2-3"):
        (heard.folder / name).touch()
    (heard.folder / "folder").mkdir()
    assert [heard.silent(now) for now in (0.0, 100.0, 200.0)] == [[], [], []]
    assert Watchdog(heard.folder).silent(0.0) == []
    assert [path.name for path in heard.folder.iterdir()] == ["supervisor"]


def test_what_goes_wrong_with_one_child_ends_no_other(supervisor, said, monkeypatch) -> None:
    child = supervisor.start(python("worker", BEATING + "time.sleep(99)"))
    other = supervisor.start(python("web", "raise SystemExit(3)"))
    monkeypatch.setattr(child, "kill_unresponsive", lambda *_: 1 / 0)
    watched(supervisor, 2.5)
    assert [line for line in said if line.startswith("worker")] == [
        "worker could not be checked for responsiveness: ZeroDivisionError('division by zero')"
    ]
    assert any(line.startswith("web exited (exit status 3)") for line in said)
    assert child.runs
    assert other.falls > 0


def test_who_went_is_forgotten(tmp_path) -> None:
    heard = Watchdog(tmp_path / "beats")
    gone = heard.folder / "999999999-1"
    gone.touch()
    assert heard.silent(0.0) == []
    assert not gone.exists()
