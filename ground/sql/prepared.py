"""Statements that PostgreSQL plans once per connection: for the few that every key press runs.

Planning costs several times what such a statement needs to find a row by its key. Django binds parameters itself and
sends finished text, which is planned anew each time; these go by a server-side cursor of the same connection.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

# Where Django's connection, of which every thread has its own, keeps its cursor.
_KEPT = "_countersign_prepared_cursor"


class PreparedCursor:
    """The connection's cursor for prepared statements. Whoever runs one fetches its rows before another is run."""

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor

    def belongs_to(self, session: "psycopg.Connection[Any]") -> bool:
        """Whether it is of this very session, not of one that the connection had before."""
        return self._cursor.connection is session

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> None:
        """Run it. PostgreSQL is told the types: arrays and intervals need a cast in the statement."""
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
    # Statements that outlive a transaction are of no use behind a pooler that deals out transactions; whoever runs
    # one says so by this setting of Django's. Without a threshold nothing is prepared; Django sets none.
    if not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        session.prepare_threshold = 0
    yield _cursor_of(session)


def _cursor_of(session: "psycopg.Connection[Any]") -> PreparedCursor:
    """One for all of a connection's prepared statements: making one costs as much as binding a statement's values."""
    found: PreparedCursor | None = getattr(connection, _KEPT, None)
    if found is None or not found.belongs_to(session):
        found = PreparedCursor(psycopg.Cursor(session))
        setattr(connection, _KEPT, found)
    return found


def bigints(numbers: Iterable[int]) -> str:
    """The numbers in the form of PostgreSQL's arrays: the driver would take longer to write them."""
    return f"{{{','.join(map(str, numbers))}}}"
