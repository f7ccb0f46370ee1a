"""The web server's application on the tests' database; with UNPROTECTED set, as many images are opened at once as are
asked for."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from config.rsgi import application

__all__ = ["application"]

if os.environ.get("UNPROTECTED"):
    from datasets.media import pictures, thumbnails

    fitted, all_open = pictures.fitted, threading.Barrier(4)

    @contextmanager
    def no_turn(pixels: int | None = None) -> Iterator[float]:
        yield time.monotonic() + thumbnails.WAIT_SECONDS

    def fitted_later(image: Any, side: int) -> Any:
        """What is open at once is not to depend on the machine: threads wait for each other."""
        with suppress(threading.BrokenBarrierError):
            all_open.wait(timeout=10)
        return fitted(image, side)

    thumbnails._turn, pictures.fitted = no_turn, fitted_later
