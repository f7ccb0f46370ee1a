"""One supervisor per home: a lock that the system releases when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from supervision.errors import StartFailed


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home's lock while the block runs.

    Raises StartFailed, naming the process that holds it, when another supervisor runs on the same home.
    """
    path = home / "run" / "lock"
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 100).decode(errors="replace").strip() or "unknown"
            raise StartFailed(
                f"Countersign already runs on {home} (process {holder}). Stop it first (kill {holder}), "
                "or use another home and port for this one: COUNTERSIGN_HOME=/path PORT=8001."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
