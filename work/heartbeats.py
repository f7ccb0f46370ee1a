"""Heartbeats: one thread per process extends all leases it holds and notices when one is lost."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Self

from django.conf import settings
from django.db import Error, connection
from psycopg import sql

from ground.errors import LeaseLost
from ground.log_lines import about
from work import leasing
from work.models import Lease, State

logger = logging.getLogger(__name__)

# Seconds between two checks: a worker learns of a cancelled run within this time.
EVERY = 1.0


class Heartbeat:
    """Extends a lease while the block runs; stops if no progress is reported for long.
    `lost` becomes True when the row is no longer this worker's: taken by another, paused or cancelled. `on_lost` is
    then called once, from another thread; the block itself calls `check()` between steps."""

    def __init__(self, row: Lease, *, stall_seconds: float = 600.0, on_lost: Callable[[], None] | None = None) -> None:
        self.row = row
        self.lost = False
        self._stall_seconds = stall_seconds
        self._on_lost = on_lost
        self._progress = self._extended = time.monotonic()
        self._stalled = False
        self._about = about(**_names(row))

    def __enter__(self) -> Self:
        self._about.__enter__()
        _pulse.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._about.__exit__(None, None, None)
        _pulse.remove(self)

    def check(self) -> None:
        """Report progress. Raises LeaseLost when the lease is gone."""
        self._progress = time.monotonic()
        if self.lost:
            raise LeaseLost(f"{self.row} is held by another worker now.")

    def lose(self) -> None:
        """The lease is lost."""
        if not self.lost:
            self.lost = True
            if self._on_lost is not None:
                self._on_lost()

    def extend_if_due(self) -> None:
        """Extend the lease, if it is time and progress was made."""
        now = time.monotonic()
        if self.lost or self._stalled or now - self._extended < settings.LEASE_SECONDS / 3:
            return
        if now - self._progress > self._stall_seconds:
            logger.warning("%s made no progress for %s s; its lease runs out", self.row, self._stall_seconds)
            self._stalled = True
        elif leasing.extend(type(self.row), self.row.pk, self.row.fence):
            self._extended = now
        else:
            self.lose()


def _names(row: Lease) -> dict[str, object]:
    """For the log: the row, and its run."""
    names: dict[str, object] = {str(row._meta.model_name): row.pk}
    run = getattr(row, "run_id", None)
    return names if run is None else names | {"run": run}


class _Pulse:
    """The thread that extends all leases; it ends, with its connection, when there are none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[Heartbeat] = set()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def add(self, heart: Heartbeat) -> None:
        with self._lock:
            self._held.add(heart)
            # After a fork, the parent's thread is not alive.
            if self._thread is None or not self._thread.is_alive():
                self._over = threading.Event()
                self._thread = threading.Thread(target=self._beat, args=(self._over,), name="heartbeat", daemon=True)
                self._thread.start()

    def remove(self, heart: Heartbeat) -> None:
        with self._lock:
            self._held.discard(heart)
            if self._held or self._thread is None:
                return
            thread, self._thread = self._thread, None
            self._over.set()
        thread.join(timeout=5)

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(EVERY):
            with self._lock:
                held = list(self._held)
            try:
                _look_after(held)
            except Error:
                connection.close()
        connection.close()


def _look_after(held: Iterable[Heartbeat]) -> None:
    by_table = sorted(held, key=lambda heart: heart.row._meta.db_table)
    for _, group in groupby(by_table, key=lambda heart: heart.row._meta.db_table):
        hearts = list(group)
        found = _as_stored(type(hearts[0].row), [heart.row.pk for heart in hearts])
        for heart in hearts:
            # A missing row was created by a transaction that is still open.
            seen = found.get(heart.row.pk)
            if seen == (heart.row.fence, State.RUNNING):
                heart.extend_if_due()
            elif seen is not None:
                heart.lose()


def _as_stored(model: type[Lease], ids: list[int]) -> dict[int, tuple[int, str]]:
    """Fence and state of these rows, by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT id, fence, state FROM {table} WHERE id = ANY(%s)").format(
                table=sql.Identifier(model._meta.db_table)
            ),
            [ids],
        )
        return {pk: (fence, state) for pk, fence, state in cursor.fetchall()}


_pulse = _Pulse()
