"""Two at the same rows: one is made to wait for the other, and the test sees that it does."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")


def beside(work: Callable[[], Answer]) -> "Future[Answer]":
    """Begin the work in a thread with a connection of its own."""
    pool = ThreadPoolExecutor(1)

    def do() -> Answer:
        try:
            return work()
        finally:
            connection.close()

    try:
        return pool.submit(do)
    finally:
        pool.shutdown(wait=False)


def waits_for_a_lock(*, seconds: float = 20.0) -> bool:
    """Whether somebody comes to wait for a row that is locked; False when nobody does for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
        threading.Event().wait(0.02)
    return False
