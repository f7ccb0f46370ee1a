"""How transactional tests empty the database: the append-only tables refuse TRUNCATE, as they must.

The tests' owner role may switch triggers off for one transaction; nobody else can. DELETE is also the quicker
way to empty forty small tables.
"""

from collections.abc import Iterable

from django.db import connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations


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
    """All in one transaction in which no trigger fires."""
    alias = self.connection.alias
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in sql_list:
            cursor.execute(statement)


def install() -> None:
    """Teach Django's flush."""
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign,assignment]
    DatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign,assignment]
