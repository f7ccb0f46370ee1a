"""Statements that PostgreSQL plans once per connection, for the few that run on every key press.
Planning costs several times as much as a lookup by key. Django interpolates parameters itself and sends final SQL,
which is planned each time; these use a server-side cursor of the same connection."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

# Attribute of Django's connection (one per thread) that holds the cursor.
_KEPT = "_countersign_prepared_cursor"


class PreparedCursor:
    """The connection's cursor for prepared statements. Fetch a statement's rows before running another."""

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor

    def belongs_to(self, session: "psycopg.Connection[Any]") -> bool:
        """Whether it belongs to the current session, not to a previous one of the connection."""
        return self._cursor.connection is session

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> None:
        """Run it. Parameter types are explicit: arrays and intervals need a cast in the statement."""
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            self._cursor.execute(sql, parameters, prepare=True)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._cursor.fetchall()


@contextmanager
def prepared_cursor() -> Iterator[PreparedCursor]:
    """A cursor for prepared statements, in the connection's transaction. Raises Django's database errors."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    session: psycopg.Connection[Any] = connection.connection
    # Prepared statements are useless behind a transaction-pooling proxy, which this Django setting indicates. Without
    # a threshold nothing is prepared; Django sets none.
    if not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        session.prepare_threshold = 0
    yield _cursor_of(session)


def _cursor_of(session: "psycopg.Connection[Any]") -> PreparedCursor:
    """One cursor for all prepared statements of a connection: creating one costs as much as binding the parameters."""
    found: PreparedCursor | None = getattr(connection, _KEPT, None)
    if found is None or not found.belongs_to(session):
        found = PreparedCursor(psycopg.Cursor(session))
        setattr(connection, _KEPT, found)
    return found


def bigints(numbers: Iterable[int]) -> str:
    """The numbers as a PostgreSQL array literal: the driver would take longer."""
    return f"{{{','.join(map(str, numbers))}}}"
