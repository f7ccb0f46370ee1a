"""One child of a supervisor: the program, the process that runs it, and whether that is still alive."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from supervision.accounts import Account, identity_of
from supervision.watchdog import CHECK_EVERY, VARIABLE, Probe, Watchdog

PR_SET_PDEATHSIG = 1
SHOWN_LINES = 15


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `death_signal` is what the kernel sends it should the supervisor vanish.

    `stops_last`: the others need it until their end (the database). `first_beat`: seconds within which its main process
    must give its first heartbeat, if it gives any. `answers` is a liveness probe: after `patience` seconds without an
    answer the program is killed and started again.
    """

    name: str
    command: list[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    stops_last: bool = False
    first_beat: float | None = None
    answers: Callable[[], bool] | None = None
    patience: float = 60.0


class Child:
    """One program and the process that runs it at present.

    `log`: None for this process's own output. `heartbeats`: a folder for those of its processes.
    """

    def __init__(self, program: Program, log: Path | None, heartbeats: Path | None = None) -> None:
        self.program = program
        self.log = log
        self.heartbeats = heartbeats
        self.watchdog: Watchdog | None = None
        self.probe: Probe | None = None
        self.next_check = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.falls = 0
        self.next_start = 0.0
        # Set for a program that runs once beside the others: what to do when it has succeeded.
        self.on_success: Callable[[], None] | None = None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        environment = dict(self.program.environment)
        if self.heartbeats is not None:
            # A folder that cannot be made is no reason not to run.
            with suppress(OSError):
                self.watchdog = Watchdog(self.heartbeats)
                environment[VARIABLE] = str(self.heartbeats)
        with self.log.open("ab") if self.log else nullcontext() as log:
            self.process = subprocess.Popen(
                self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.program.directory,
                env=environment,
                start_new_session=True,
                preexec_fn=die_with_parent(self.program.death_signal),
                **identity_of(self.program.account),
            )
        self.started_at = time.monotonic()
        if self.watchdog is not None and self.program.first_beat is not None:
            self.watchdog.expect(self.process.pid, within=self.program.first_beat)
        if self.program.answers is not None:
            self.end_probe()
            self.probe = Probe(self.program.answers, patience=self.program.patience)

    def end_probe(self) -> None:
        """Stop the liveness probe."""
        if self.probe is not None:
            self.probe.end()

    def kill_unresponsive(self, now: float, say: Callable[[str], None]) -> None:
        """Check every few seconds; whoever started the process starts it again."""
        if self.process is None or now < self.next_check:
            return
        self.next_check = now + CHECK_EVERY
        for pid in self._silent(self.process.pid, now):
            where = f", see {self.log}" if self.log else ""
            say(f"{self.program.name} (process {pid}) is unresponsive and is killed{where}")
            if pid == self.process.pid:
                self.send(signal.SIGKILL, group=True)
            else:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _silent(self, own: int, now: float) -> list[int]:
        """Its processes that have been silent for too long; the main one if the probe gets no answer."""
        if self.probe is not None and self.probe.is_silent(now):
            return [own]
        found = self.watchdog.silent(now) if self.watchdog is not None else []
        return [pid for pid in found if _session_of(pid) == own]

    @property
    def runs(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Signal the process, or all of its session's group; one that is gone is no error."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, number)

    def last_lines(self, count: int = SHOWN_LINES) -> str:
        """The end of the child's log, for people."""
        there = self.log is not None and self.log.exists()
        text = self.log.read_bytes()[-20_000:].decode(errors="replace") if self.log and there else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-count:]) or "    (it wrote nothing)"


def _session_of(pid: int) -> int:
    """The session's number; 0 for a process that is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def end_with_parent(number: signal.Signals) -> None:
    """Ask the kernel to send this process the signal when its parent dies. Linux only; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child does before it becomes its program, so that a killed supervisor leaves none behind."""
    parent = os.getpid()

    def before_exec() -> None:
        end_with_parent(number)
        if os.getppid() != parent:  # it died before it was asked for
            os.kill(os.getpid(), signal.SIGKILL)

    return before_exec
