"""How transactional tests empty the database: the append-only tables refuse TRUNCATE, as they must.

The tests' owner role may switch triggers off for one transaction; nobody else can. DELETE is also the quicker
way to empty forty small tables.
"""

import threading
import time
from collections.abc import Iterable

from django.db import OperationalError, connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.errors import DeadlockDetected

# What a killed process had sent off may still be running in the database.
MOST_TRIES = 5


def sql_flush(
    self: DatabaseOperations,
    style: object,
    tables: Iterable[str],
    *,
    reset_sequences: bool = False,
    allow_cascade: bool = False,
) -> list[str]:
    """One DELETE for each table, in place of Django's one TRUNCATE."""
    return [f"DELETE FROM {self.quote_name(table)}" for table in tables]


def execute_sql_flush(self: DatabaseOperations, sql_list: Iterable[str]) -> None:
    """All in one transaction in which no trigger fires. Tried again when somebody's last statement crosses it."""
    statements = list(sql_list)
    for left in reversed(range(MOST_TRIES)):
        try:
            _flush(self.connection.alias, statements)
            return
        except OperationalError as error:
            if not (isinstance(error.__cause__, DeadlockDetected) and left):
                raise


def _flush(alias: str, statements: Iterable[str]) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def wait_for_requests(*, seconds: float = 10.0) -> None:
    """Until the live server has answered all that it was asked: what it writes later would outlive the test."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any("process_request_thread" in thread.name for thread in threading.enumerate()):
            return
        time.sleep(0.02)


def install() -> None:
    """Teach Django's flush."""
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign,assignment]
    DatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign,assignment]
