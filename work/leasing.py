"""Leases: background work is a row that one worker holds for a while, with a fence against late writers.
All times are the database's. Expired leases are reclaimed as part of claiming, so there is no separate reaper that
could fail."""

import logging
import random
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from psycopg import sql

from ground.errors import LeaseLost
from ground.sql.prepared import prepared_cursor
from work.models import Lease, State
from work.workers import presence, process_name

logger = logging.getLogger(__name__)

# After this many crashes or unexpected errors at one place a row is not retried.
MAX_CRASHES = 3
LEASES_WITHOUT_END = 1_000_000

LeaseRow = TypeVar("LeaseRow", bound=Lease)

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
    """The lease holder: host, process, thread."""
    return f"{process_name()}:{threading.get_ident()}"[:100]


def _name(row: Lease) -> str:
    return f"{row._meta.verbose_name} {row.pk}"


def _table(model: type[Lease]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def claim(model: type[LeaseRow], *, where: str = "", params: Mapping[str, Any] | None = None) -> LeaseRow | None:
    """The oldest claimable row, now held by this worker; None if there is none.
    `where` narrows the choice and refers to the row as `candidate`; it is a constant of the caller."""
    with connection.cursor() as cursor:
        statement = sql.SQL(_CLAIM).format(table=_table(model), where=sql.SQL(where))
        cursor.execute(statement, {"owner": worker_name(), "seconds": settings.LEASE_SECONDS, **(params or {})})
        row = cursor.fetchone()
    if row is None:
        return None
    found = model._default_manager.get(pk=row[0])
    presence.take_up(_name(found))
    return found


def extend(model: type[Lease], pk: int, fence: int) -> bool:
    """Extend the lease; False if the row has another holder."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} SET lease_until = clock_timestamp() + make_interval(secs => %s) "
                "WHERE id = %s AND fence = %s AND state = 'running'"
            ).format(table=_table(model)),
            [settings.LEASE_SECONDS, pk, fence],
        )
        return bool(cursor.rowcount == 1)


def hold(row: Lease, *, though_cancelled: bool = False) -> None:
    """Lock the row for this transaction and verify the lease; a cancelled row passes only for saving what was paid for.
    Raises LeaseLost."""
    table = row._meta.db_table
    states = [State.RUNNING.value, *([State.CANCELLED.value] if though_cancelled else [])]
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = %s AND fence = %s AND state = ANY(%s) FOR UPDATE",  # noqa: S608 - ours
            [row.pk, row.fence, states],
        )
        if not cursor.fetchall():
            raise LeaseLost(f"{row} is held by another worker now.")


def commit_without_waiting() -> None:
    """Let this transaction commit without waiting for the disk: for a step that is simply repeated after a crash. The
    next commit that waits, such as the row's `finish`, makes it durable."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'off', true)", [])
        cursor.fetchall()


def finish(row: Lease, state: State, *, error: str = "") -> None:
    """Close the row. Raises LeaseLost if it is no longer ours."""
    _leave(row, state, "finished_at = clock_timestamp(), lease_until = NULL", error)


def give_back(row: Lease, *, error: str = "", delay: float = 0.0) -> None:
    """Release the row for any worker, `delay` seconds from now. Raises LeaseLost."""
    _leave(
        row, State.PENDING, f"lease_until = NULL, next_at = clock_timestamp() + interval '{float(delay)} second'", error
    )


def crashed(row: Lease, error: Exception, *, ends: bool = True) -> State:
    """Count a crash: the row is retried, or fails after too many at one place; returns its state. Progress resets the
    count to 0. `ends` False: its next worker checks the count. Raises LeaseLost."""
    reason = told(error)
    # Not the message, which may quote a text or an answer; those do not belong in a log.
    logger.error("%s: unexpected %s in %s", _name(row), type(error).__name__, _where(error))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} SET crash_count = crash_count + 1, lease_until = NULL, error = %(error)s, "
                "state = CASE WHEN crash_count + 1 < %(most)s THEN 'pending' ELSE 'failed' END, "
                "next_at = clock_timestamp() + make_interval(secs => %(delay)s), "
                "finished_at = CASE WHEN crash_count + 1 < %(most)s THEN NULL ELSE clock_timestamp() END "
                "WHERE id = %(id)s AND fence = %(fence)s AND state = 'running' RETURNING state, crash_count"
            ).format(table=_table(type(row))),
            {
                "error": reason,
                "most": MAX_CRASHES if ends else LEASES_WITHOUT_END,
                "delay": backoff(row.crash_count),
                "id": row.pk,
                "fence": row.fence,
            },
        )
        found = cursor.fetchone()
    presence.forget(_name(row))
    if found is None:
        raise LeaseLost(f"{row} is held by another worker now.")
    row.state, row.crash_count = State(found[0]), found[1]
    return row.state


def told(error: Exception) -> str:
    """An unexpected error as a message for users."""
    words = " ".join(str(error).replace("\x00", "").split())[:300]
    return f"Unexpected error ({type(error).__name__}{f': {words}' if words else ''})."


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def put_down(row: Lease) -> None:
    """Release the row without counting an attempt. Raises LeaseLost."""
    _leave(row, State.PENDING, "lease_until = NULL, attempt = attempt - 1", "")


def _leave(row: Lease, state: State, changes: str, error: str) -> None:
    presence.forget(_name(row))
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
        # An error may quote a file, and a line break would start a new log line.
        logger.warning("%s: %s", what, " ".join(error.split())[:500])
    else:
        logger.info(what)


def backoff(attempt: int, *, base: float = 1.0, cap: float = 60.0) -> float:
    """Seconds until the next attempt: doubling, with jitter."""
    return float(min(cap, base * 2.0**attempt)) * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret
