"""One supervisor for one home."""

import subprocess
import sys
from pathlib import Path

import pytest

from supervision import lock
from supervision.errors import StartFailed

HOLD = """
import sys, pathlib, time
from supervision import lock
with lock.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_start_names_the_first_and_the_remedy(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StartFailed, match=rf"process {holder.pid}\).*COUNTERSIGN_HOME"), lock.held(tmp_path):
            pass
        holder.kill()
    with lock.held(tmp_path):  # the system took it back from the dead
        assert (tmp_path / "run" / "lock").exists()


def test_another_home_has_another_lock(tmp_path: Path) -> None:
    with lock.held(tmp_path / "one"), lock.held(tmp_path / "two"):
        pass
