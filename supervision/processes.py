"""Children of one supervisor: started in sessions of their own, restarted when they exit, stopped in order.
Killing any of them at any moment is safe: every job is a row in the database with a lease that expires."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from supervision.children import Child, Program, die_with_parent
from supervision.errors import StartFailed, StopAsked

ROTATE_BYTES = 10_000_000
# Seconds: between looks, a child's life after which it counts as healthy, the longest wait before another try.
TICK = 0.1
HEALTHY_AFTER = 60.0
LONGEST_WAIT = 30.0
COMPLAIN_EVERY = 60.0
# Seconds that children get after SIGTERM, and the database after them.
GRACE = 3.0
LAST_GRACE = 5.0


class Supervisor:
    """Keeps children running until shutdown is requested. Single-threaded: the kernel ties children to the thread."""

    def __init__(self, logs: Path, *, say: Callable[[str], None], heartbeats: Path | None = None) -> None:
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs = logs
        self.heartbeats = heartbeats
        self.say = say
        self.children: list[Child] = []
        self.stop_asked = False
        self._complained: dict[str, float] = {}

    def listen(self) -> None:
        """Handle Ctrl-C, SIGTERM and a closed terminal as shutdown requests."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_asked = True

    def start(self, program: Program) -> Child:
        """Start a program that is to run until the end."""
        child = Child(program, self._log(program.name), self.heartbeats / program.name if self.heartbeats else None)
        self.children.append(child)
        child.start()
        return child

    def start_once(self, program: Program, *, on_success: Callable[[], None]) -> Child:
        """Start a short-lived program beside the others; a failure is reported, not retried."""
        child = self.start(program)
        child.on_success = on_success
        return child

    def run(self, program: Program, *, seconds: float = 3600) -> str:
        """Run a program to its end and return what it wrote to standard output; the rest goes to its log.

        Raises StartFailed with its last lines, StopAsked.
        """
        log = self._log(program.name)
        child = Child(program, log)
        output = self.logs / f".{program.name}.out"
        with log.open("ab") as errors, output.open("wb") as answer:
            process = child.process = subprocess.Popen(
                program.command, stdin=subprocess.DEVNULL, stdout=answer, stderr=errors, cwd=program.directory,
                env=dict(program.environment), start_new_session=True,
                preexec_fn=die_with_parent(program.death_signal),
            )  # fmt: skip
        try:
            self.wait_until(lambda: process.poll() is not None, seconds=seconds, what=program.name)
            if process.returncode:
                raise StartFailed(f"{program.name} failed ({child.log}):\n{child.last_lines()}")
            return output.read_text()
        finally:
            child.send(signal.SIGKILL, group=True)
            process.wait()
            output.unlink(missing_ok=True)

    def wait_until(
        self, condition: Callable[[], bool], *, seconds: float, what: str, child: Child | None = None
    ) -> None:
        """Wait for a condition, at most `seconds`. Raises StopAsked, and StartFailed on timeout."""
        end = time.monotonic() + seconds
        while not condition():
            if self.stop_asked:
                raise StopAsked
            if child is not None and not child.runs:
                raise StartFailed(f"{what} exited at once ({child.log}):\n{child.last_lines()}")
            if time.monotonic() > end:
                lines = f" ({child.log}):\n{child.last_lines()}" if child else ""
                raise StartFailed(f"{what} was not ready after {seconds:.0f} seconds{lines}")
            time.sleep(TICK / 4)

    def watch(self) -> None:
        """Until shutdown: restart exited children, with increasing delays."""
        while not self.stop_asked:
            now = time.monotonic()
            for child in list(self.children):
                try:
                    self._mind(child, now)
                except Exception as error:  # noqa: BLE001 - a fault with one child must not end the others
                    self._complain(child, error, now)
            time.sleep(TICK)

    def _complain(self, child: Child, error: Exception, now: float) -> None:
        """Once a minute for each child."""
        if now > self._complained.get(child.program.name, 0.0) + COMPLAIN_EVERY:
            self._complained[child.program.name] = now
            self.say(f"{child.program.name} could not be checked for responsiveness: {error!r}")

    def _mind(self, child: Child, now: float) -> None:
        if child.runs:
            # Whoever started it starts it again: for the child itself that is this loop.
            child.kill_unresponsive(now, self.say)
            return
        if child.on_success is not None:
            self._settle(child, child.on_success)
        elif child.process is not None:
            code = child.process.returncode
            child.send(signal.SIGKILL, group=True)
            child.process = None
            child.falls = 1 if now - child.started_at > HEALTHY_AFTER else child.falls + 1
            wait = min(LONGEST_WAIT, 0.25 * 2 ** min(child.falls, 10))
            child.next_start = now + wait
            self.say(f"{child.program.name} exited ({_ending(code)}); restarting it in {wait:.1f} s, see {child.log}")
            if child.falls == 3:
                self.say(child.last_lines())
        elif now >= child.next_start:
            child.start()

    def _settle(self, child: Child, on_success: Callable[[], None]) -> None:
        self.children.remove(child)
        if child.process is not None and child.process.returncode == 0:
            on_success()
        else:
            self.say(f"{child.program.name} failed; it is retried at the next start:\n{child.last_lines()}")

    def end(self, child: Child) -> None:
        """End one child for good."""
        self.children.remove(child)
        _end([child], GRACE)

    def stop(self) -> None:
        """End all children within ten seconds: the ordinary ones together, then those that stop last."""
        first = [child for child in self.children if not child.program.stops_last]
        last = [child for child in self.children if child.program.stops_last]
        _end(first, GRACE)
        _end(last, LAST_GRACE)
        self.children.clear()

    def _log(self, name: str) -> Path:
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path


def _end(children: list[Child], grace: float) -> None:
    for child in children:
        child.end_probe()
        if child.runs:
            child.send(child.program.stop_signal)
    end = time.monotonic() + grace
    while any(child.runs for child in children) and time.monotonic() < end:
        time.sleep(0.02)
    for child in children:
        # Also where the leader went in peace: a child of its own may have stayed behind.
        child.send(signal.SIGKILL, group=True)
        if child.process is not None:
            child.process.wait()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
