"""The health check of kept connections: sees a server that has ended the session, and asks nothing of one that has
not."""

import time
from typing import Any

import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connection, connections

from config.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> Any:
    """A connection of its own, as a request would find it."""
    session = DatabaseWrapper(dict(connection.settings_dict), alias=connection.alias)
    session.connect()
    yield session
    session.close()


def statements_of(pid: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        return str(cursor.fetchone()[0])


def test_the_settings_use_it() -> None:
    assert isinstance(connections[DEFAULT_DB_ALIAS], DatabaseWrapper)


def test_a_session_that_is_well_is_asked_nothing(session: Any) -> None:
    with session.cursor() as cursor:
        cursor.execute("SELECT 'the last statement'")
        assert session.is_usable()
        assert statements_of(session.connection.info.backend_pid) == "SELECT 'the last statement'"


def test_a_session_that_the_server_has_ended_is_noticed(session: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [session.connection.info.backend_pid])
    assert not session.is_usable()


def test_one_that_was_closed_here_is_noticed(session: Any) -> None:
    session.connection.close()
    assert not session.is_usable()
    session.connection = None
    assert not session.is_usable()


def test_one_in_the_middle_of_a_failed_transaction_is_noticed(session: Any) -> None:
    session.set_autocommit(False)
    with session.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute("SELECT nothing_of_that_name")
    assert not session.is_usable()
    session.rollback()
    assert session.is_usable()


def test_what_the_server_says_unasked_is_no_reason_to_hang_up(session: Any) -> None:
    with session.cursor() as cursor:
        cursor.execute("LISTEN news")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY news")
    time.sleep(0.2)
    assert session.is_usable()
    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert isinstance(session.connection, psycopg.Connection)
