"""The real product, started as people start it, in a home of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings

from supervision import probe
from tests.servers import ROOT, free_port, wait_for


class Started:
    """One `manage.py up` and what it printed."""

    def __init__(self, home: Path, *, port: int | None = None, **environment: str) -> None:
        self.home = home
        self.port = port or free_port()
        self.output = home.with_suffix(".out")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=inherited
                | {"COUNTERSIGN_HOME": str(home), "COUNTERSIGN_SAMPLES": "0", "PORT": str(self.port)}
                | environment,
            )
        self.began = time.monotonic()

    @property
    def text(self) -> str:
        return self.output.read_text()

    def until_http(self) -> float:
        """Seconds from the start to the first 200."""

        def answers() -> bool:
            assert self.process.poll() is None, self.text
            return probe.status("127.0.0.1", self.port, "/livez") == 200

        wait_for(answers, seconds=90, what=f"HTTP ({self.text})")
        return time.monotonic() - self.began

    def until_said(self, pattern: str) -> str:
        wait_for(lambda: re.search(pattern, self.text) is not None, seconds=60, what=f"{pattern} in {self.text}")
        found = re.search(pattern, self.text)
        assert found is not None
        return found[1] if found.groups() else found[0]

    def family(self, *, at_least: int = 8) -> list[psutil.Process]:
        """All processes below the supervisor, once they are there."""
        parent = psutil.Process(self.process.pid)
        wait_for(lambda: len(parent.children(recursive=True)) >= at_least, what="the children")
        return parent.children(recursive=True)

    def told(self, name: str) -> list[psutil.Process]:
        """The children that were given the variable. Asked early: who gives itself a title overwrites what it shows."""
        own = psutil.Process(self.process.pid).cmdline()

        def given(child: psutil.Process) -> bool:
            try:
                # Between fork and exec a child is its parent still, environment and all.
                wait_for(lambda: child.cmdline() != own, seconds=5, what="the child's program")
                return name in child.environ()
            except psutil.NoSuchProcess:
                return False

        return [child for child in self.family() if given(child)]

    def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        return time.monotonic() - began


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A home that root's nobody can enter; pytest closes its own temporary folders to everybody else."""
    folder = Path(tempfile.mkdtemp(dir=settings.COUNTERSIGN_HOME))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)
