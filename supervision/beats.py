"""Signs of life: a process touches a file of its own every few seconds, and its supervisor kills whoever stops.

A process that stands still (stopped, swapped out, in a call that never returns) looks alive to the kernel. What is
compared is whether something new was heard between two looks, never a clock: one that is set changes nothing.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# The folder that a supervisor tells its children of.
VARIABLE = "COUNTERSIGN_BEATS"
# Seconds: between two beats, and between two looks at them.
EVERY = 2.0
LOOK_EVERY = 5.0
_OWN = "supervisor"
_FIRST = "first"
_NAME = re.compile(rf"[0-9]+-[0-9]+(-{_FIRST})?")


class Beat:
    """This process's sign of life. Without a supervisor that asks for it, nothing happens.

    `patience`: seconds of silence after which the supervisor may kill the process.
    """

    def __init__(self, *, patience: float) -> None:
        folder = os.environ.get(VARIABLE, "")
        self._path = Path(folder) / f"{os.getpid()}-{patience:.0f}" if folder else None

    def __call__(self) -> None:
        """I live. A disk that takes nothing is not this process's fault, and its supervisor sees it too."""
        if self._path is not None:
            with suppress(OSError):
                self._path.touch(mode=0o600)

    def keep(self) -> None:
        """Beat from now on, in a thread: as long as the process runs at all."""
        if self._path is not None:
            threading.Thread(target=self._for_ever, name="beat", daemon=True).start()

    def _for_ever(self) -> None:
        pause = threading.Event()
        while True:
            self()
            pause.wait(EVERY)


class Silence:
    """For how long nothing new was heard. A look that comes late counts as one in time: whatever held the supervisor
    up may have held up the others."""

    def __init__(self) -> None:
        self._heard: object = None
        self._looked = 0.0
        self._seconds = 0.0

    def after(self, heard: object, now: float) -> float:
        """Seconds of silence, given what is heard now; the first look finds none."""
        if heard != self._heard:
            self._seconds = 0.0
        else:
            self._seconds += min(now - self._looked, 2 * LOOK_EVERY)
        self._heard, self._looked = heard, now
        return self._seconds


class Beats:
    """What a supervisor hears of one child's processes. `folder` is the child's alone, and emptied first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.is_file():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._silences: dict[str, Silence] = {}

    def expect(self, pid: int, *, within: float) -> None:
        """The process has so many seconds to give its first sign of life: one may stand still before it."""
        with suppress(OSError):
            (self.folder / f"{pid}-{within:.0f}-{_FIRST}").touch(mode=0o600)

    def silent(self, now: float) -> list[int]:
        """Processes that have been silent for longer than they may, each told once: it is to be ended."""
        try:
            (self.folder / _OWN).touch(mode=0o600)
            beats = {path.name: path.stat().st_mtime_ns for path in self.folder.iterdir() if _NAME.fullmatch(path.name)}
        except OSError:  # full, read-only, or a file that went in between: nobody can be judged now
            return []
        found = []
        given = {name.partition("-")[0] for name in beats if not name.endswith(_FIRST)}
        for name, beat in beats.items():
            pid, patience, *first = name.split("-")
            if not _is_there(int(pid)) or (first and pid in given):
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
    """Asks a child again and again, in a thread: one that hangs holds up nobody."""

    def __init__(self, ask: Callable[[], bool], *, patience: float) -> None:
        self._ask = ask
        self._patience = patience
        self._answers = 0
        self._silence = Silence()
        self._over = threading.Event()
        threading.Thread(target=self._go_on, name="probe", daemon=True).start()

    def _go_on(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self._answers += self._ask()

    def is_silent(self, now: float) -> bool:
        """Whether it has given no answer for too long."""
        return self._silence.after(self._answers, now) > self._patience

    def end(self) -> None:
        """Ask no more."""
        self._over.set()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, who has the number now
        return False
    return True
