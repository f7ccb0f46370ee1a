"""One program and nothing else, where something else starts it again, as in a container:
`python -m supervision.lone web 8000 -- python -m granian …`, without a port for a program that serves none.

It hears the signals, ends with it, and ends processes of it that stand still.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from supervision import probe
from supervision.children import Child, Program
from supervision.processes import TICK
from supervision.product import FIRST_BEAT, say


def command_line(name: str, command: list[str], *, port: int | None = None) -> list[str]:
    """What to become, so that `command` runs under this."""
    return [sys.executable, "-m", "supervision.lone", name, *([str(port)] if port else []), "--", *command]


def main(arguments: list[str]) -> int:
    """The exit status of the program; as a shell tells it where a signal ended it."""
    split = arguments.index("--")
    name, *port = arguments[:split]
    program = Program(
        name, arguments[split + 1 :], Path.cwd(), os.environ, patience=120.0, first_beat=None if port else FIRST_BEAT,
        answers=(lambda: probe.lives("127.0.0.1", int(port[0]))) if port else None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="countersign-beats-") as folder:
        child = Child(program, None, Path(folder) / name)

        early: list[signal.Signals] = []

        def pass_on(number: int, frame: FrameType | None) -> None:
            if child.process is None:  # it is just being started
                early.append(signal.Signals(number))
            child.send(signal.Signals(number))

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, pass_on)
        child.start()
        for each in early:
            child.send(each)
        while child.runs:
            child.end_what_stands_still(time.monotonic(), say)
            time.sleep(TICK)
        child.end_probe()
        child.send(signal.SIGKILL, group=True)
    code = child.process.returncode if child.process is not None else 1
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
