"""A watchdog: each process touches a file of its own every few seconds, and its supervisor kills one that stops.

A process that hangs (stopped, swapped out, in a call that never returns) still looks alive to the kernel. The watchdog
only asks whether something changed between two checks and never compares clocks, so a clock that is set has no effect.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# The folder for heartbeats, passed by a supervisor to its children.
VARIABLE = "COUNTERSIGN_WATCHDOG"
# Seconds between two heartbeats, and between two checks.
EVERY = 2.0
CHECK_EVERY = 5.0
_OWN = "supervisor"
_FIRST = "first"
_NAME = re.compile(rf"[0-9]+-[0-9]+(-{_FIRST})?")


class Heartbeat:
    """This process's sign of life. Does nothing where no supervisor asks for it.

    `patience`: seconds without a heartbeat after which the supervisor may kill the process.
    """

    def __init__(self, *, patience: float) -> None:
        folder = os.environ.get(VARIABLE, "")
        self._path = Path(folder) / f"{os.getpid()}-{patience:.0f}" if folder else None

    def beat(self) -> None:
        """Write one heartbeat. A full disk is not this process's fault, and the supervisor sees it too."""
        if self._path is not None:
            with suppress(OSError):
                self._path.touch(mode=0o600)

    def keep_beating(self) -> None:
        """Write one every few seconds from a thread, as long as the process runs."""
        if self._path is not None:
            threading.Thread(target=self._for_ever, name="heartbeat", daemon=True).start()

    def _for_ever(self) -> None:
        pause = threading.Event()
        while True:
            self.beat()
            pause.wait(EVERY)


class Silence:
    """How long nothing has changed. A late check counts as one in time: whatever delayed the supervisor may have
    delayed the others."""

    def __init__(self) -> None:
        self._heard: object = None
        self._checked = 0.0
        self._seconds = 0.0

    def after(self, heard: object, now: float) -> float:
        """Seconds of silence, given what is heard now; 0 at the first check."""
        if heard != self._heard:
            self._seconds = 0.0
        else:
            self._seconds += min(now - self._checked, 2 * CHECK_EVERY)
        self._heard, self._checked = heard, now
        return self._seconds


class Watchdog:
    """The heartbeats of one child's processes. `folder` belongs to the child alone and is emptied first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.is_file():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._silences: dict[str, Silence] = {}

    def expect(self, pid: int, *, within: float) -> None:
        """The process must give its first heartbeat within this many seconds, as it may hang before that, too."""
        with suppress(OSError):
            (self.folder / f"{pid}-{within:.0f}-{_FIRST}").touch(mode=0o600)

    def silent(self, now: float) -> list[int]:
        """Processes that have been silent for too long. Each is reported once; the caller kills it."""
        try:
            (self.folder / _OWN).touch(mode=0o600)
            beats = {path.name: path.stat().st_mtime_ns for path in self.folder.iterdir() if _NAME.fullmatch(path.name)}
        except OSError:  # disk full or read-only, or a file that was just removed: nobody can be judged now
            return []
        found = []
        given = {name.partition("-")[0] for name in beats if not name.endswith(_FIRST)}
        for name, beat in beats.items():
            pid, patience, *first = name.split("-")
            if not _exists(int(pid)) or (first and pid in given):
                self._forget(name)
            elif self._silences.setdefault(name, Silence()).after(beat, now) > float(patience):
                found.append(int(pid))
                self._forget(name)
        return found

    def _forget(self, name: str) -> None:
        self._silences.pop(name, None)
        with suppress(OSError):
            (self.folder / name).unlink()


class Probe:
    """A liveness probe: calls a function again and again, in a thread, so that a hanging answer delays nobody."""

    def __init__(self, ask: Callable[[], bool], *, patience: float) -> None:
        self._ask = ask
        self._patience = patience
        self._answers = 0
        self._silence = Silence()
        self._over = threading.Event()
        threading.Thread(target=self._go_on, name="probe", daemon=True).start()

    def _go_on(self) -> None:
        while not self._over.wait(CHECK_EVERY):
            self._answers += self._ask()

    def is_silent(self, now: float) -> bool:
        """Whether there has been no answer for too long."""
        return self._silence.after(self._answers, now) > self._patience

    def end(self) -> None:
        """Stop asking."""
        self._over.set()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # gone, or the number belongs to another account now
        return False
    return True
