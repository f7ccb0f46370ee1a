"""Runs one program in a container, where something else restarts the container:
`python -m supervision.container web --probe 127.0.0.1 8000 -- python -m granian …`.

Passes signals on, ends when the program ends, and kills those of its processes that are unresponsive.
"""

import os
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType

from supervision import probe
from supervision.children import Child, Program
from supervision.processes import TICK
from supervision.product import FIRST_BEAT, say


def command_line(name: str, command: list[str], *, host: str = "", port: int = 0) -> list[str]:
    """What to run so that `command` runs under this. `host` and `port`: where a web server listens, to be probed."""
    probed = ["--probe", probe.local_address(host.strip("[]")), str(port)] if port else []
    return [sys.executable, "-m", "supervision.container", name, *probed, "--", *command]


def main(arguments: list[str]) -> int:
    """The program's exit status; 128 and the signal's number if one killed it, as shells report it."""
    parser = ArgumentParser(prog="python -m supervision.container")
    parser.add_argument("name")
    parser.add_argument("--probe", nargs=2, metavar=("HOST", "PORT"))
    split = arguments.index("--")
    given = parser.parse_args(arguments[:split])
    probed = given.probe
    program = Program(
        given.name, arguments[split + 1 :], Path.cwd(), os.environ, patience=120.0,
        first_beat=None if probed else FIRST_BEAT,
        answers=(lambda: probe.lives(probed[0], int(probed[1]))) if probed else None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="countersign-watchdog-") as folder:
        code = _run(Child(program, None, Path(folder) / given.name))
    return code if code >= 0 else 128 - code


def _run(child: Child) -> int:
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
        child.kill_unresponsive(time.monotonic(), say)
        time.sleep(TICK)
    child.end_probe()
    child.send(signal.SIGKILL, group=True)
    return child.process.returncode if child.process is not None else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
