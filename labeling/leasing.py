"""Leases: background work is a row that one worker holds for a while, with a fence against late writers.

All time comes from the database's clock. Reaping an expired lease is part of claiming, so no reaper can fail.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from psycopg import sql

from labeling.errors import LeaseLost
from labeling.log_lines import about
from labeling.models import Lease, Pass, State
from labeling.querysets.prepared import prepared_cursor
from labeling.workers import presence, process_name

logger = logging.getLogger(__name__)

LeaseRow = TypeVar("LeaseRow", bound=Lease)
PassRow = TypeVar("PassRow", bound=Pass)

_CLAIM = """
UPDATE {table} SET state = 'running', fence = fence + 1, attempt = attempt + 1,
  crash_count = crash_count + (state = 'running')::int, owner = %(owner)s,
  lease_until = clock_timestamp() + make_interval(secs => %(seconds)s),
  started_at = coalesce(started_at, clock_timestamp())
WHERE id = (SELECT id FROM {table} AS candidate
  WHERE (state = 'pending' AND (next_at IS NULL OR next_at <= clock_timestamp())
         OR state = 'running' AND lease_until < clock_timestamp()) {where}
  ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def worker_name() -> str:
    """Who holds a lease: host, process, thread."""
    return f"{process_name()}:{threading.get_ident()}"[:100]


def _name(row: Lease) -> str:
    return f"{row._meta.verbose_name} {row.pk}"


def _table(model: type[Lease]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def claim(model: type[LeaseRow], *, where: str = "", params: Mapping[str, Any] | None = None) -> LeaseRow | None:
    """The oldest claimable row, now held by this worker; None when there is nothing to do.

    `where` narrows the choice and speaks of the row as `candidate`; it is a constant of the caller.
    """
    with connection.cursor() as cursor:
        statement = sql.SQL(_CLAIM).format(table=_table(model), where=sql.SQL(where))
        cursor.execute(statement, {"owner": worker_name(), "seconds": settings.LEASE_SECONDS, **(params or {})})
        row = cursor.fetchone()
    if row is None:
        return None
    found = model._default_manager.get(pk=row[0])
    presence.doing = _name(found)
    return found


def extend(model: type[Lease], pk: int, fence: int) -> bool:
    """Hold the row a while longer; False when it belongs to somebody else by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} SET lease_until = clock_timestamp() + make_interval(secs => %s) "
                "WHERE id = %s AND fence = %s AND state = 'running'"
            ).format(table=_table(model)),
            [settings.LEASE_SECONDS, pk, fence],
        )
        return bool(cursor.rowcount == 1)


def hold(row: Lease) -> None:
    """Lock the row for this transaction and make sure that it is still ours. Raises LeaseLost."""
    table = row._meta.db_table
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = %s AND fence = %s AND state = 'running' FOR UPDATE",  # noqa: S608 - ours
            [row.pk, row.fence],
        )
        if not cursor.fetchall():
            raise LeaseLost(f"{row} is held by another worker now.")


def commit_without_waiting() -> None:
    """Let this transaction's commit not wait for the disk: for a step that is simply done again when the machine falls
    before it got there. Whatever is committed later, and waited for, makes it last: the row's `finish` does."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'off', true)", [])
        cursor.fetchall()


def finish(row: Lease, state: State, *, error: str = "") -> None:
    """Close the row. Raises LeaseLost when it is not ours any more."""
    _leave(row, state, "finished_at = clock_timestamp(), lease_until = NULL", error)


def give_back(row: Lease, *, error: str = "", delay: float = 0.0) -> None:
    """Put the row back for any worker, `delay` seconds from now. Raises LeaseLost."""
    _leave(
        row, State.PENDING, f"lease_until = NULL, next_at = clock_timestamp() + interval '{float(delay)} second'", error
    )


def put_down(row: Lease) -> None:
    """Leave the row to any worker, unharmed: this was no failed attempt. Raises LeaseLost."""
    _leave(row, State.PENDING, "lease_until = NULL, attempt = attempt - 1", "")


def _leave(row: Lease, state: State, changes: str, error: str) -> None:
    # A worker may hold another by now.
    if presence.doing == _name(row):
        presence.doing = ""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} SET state = %s, error = %s, {changes} "
                "WHERE id = %s AND fence = %s AND state = 'running'"
            ).format(table=_table(type(row)), changes=sql.SQL(changes)),
            [state.value, error[:5_000], row.pk, row.fence],
        )
        if cursor.rowcount == 0:
            raise LeaseLost(f"{row} is held by another worker now.")
    row.state = state
    what = f"{_name(row)} is {state.label.lower()}"
    if error:
        # An error may quote a file; a line break in it would begin a line of the log.
        logger.warning("%s: %s", what, " ".join(error.split())[:500])
    else:
        logger.info(what)


def backoff(attempt: int, *, base: float = 1.0, cap: float = 60.0) -> float:
    """Seconds until the next try: doubling, with jitter."""
    return float(min(cap, base * 2.0**attempt)) * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _names(row: Lease) -> dict[str, object]:
    """For the log: what the row is, and the run that it belongs to."""
    names: dict[str, object] = {str(row._meta.model_name): row.pk}
    run = getattr(row, "run_id", None)
    return names if run is None else names | {"run": run}


class Heartbeat:
    """Extends a lease from a thread while the block runs, and stops when no progress is reported for long.

    `lost` turns True when the row belongs to another worker; the block asks `check()` between steps.
    """

    def __init__(self, row: Lease, *, stall_seconds: float = 600.0) -> None:
        self.row = row
        self.stall_seconds = stall_seconds
        self.lost = False
        self._progress = time.monotonic()
        self._stop = threading.Event()
        self._about = about(**_names(row))
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._about.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._about.__exit__(None, None, None)
        self._stop.set()
        self._thread.join(timeout=5)

    def check(self) -> None:
        """Report progress. Raises LeaseLost when the lease is gone."""
        self._progress = time.monotonic()
        if self.lost:
            raise LeaseLost(f"{self.row} is held by another worker now.")

    def _beat(self) -> None:
        while not self._stop.wait(settings.LEASE_SECONDS / 3):
            if time.monotonic() - self._progress > self.stall_seconds:
                logger.warning("%s made no progress for %s s; its lease runs out", self.row, self.stall_seconds)
                break
            try:
                if not extend(type(self.row), self.row.pk, self.row.fence):
                    self.lost = True
                    break
            except (OperationalError, InterfaceError):
                connection.close()
        connection.close()


def work_pass(model: type[PassRow], step: Callable[[PassRow], bool]) -> bool:
    """Claim one row and call `step` until it says False; False when there is nothing to claim.

    Each step is one transaction that holds the row and moves its position, so that whoever claims it next goes on
    from there.
    """
    job = claim(model)
    if job is None:
        return False
    try:
        with Heartbeat(job) as heart:
            while step(job):
                heart.check()
        finish(job, State.DONE)
    except LeaseLost:
        logger.info("%s went to another worker", job)
    return True
