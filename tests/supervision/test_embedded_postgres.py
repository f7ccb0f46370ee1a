"""The private PostgreSQL as the supervisor asks it, without a driver."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from supervision.embedded_postgres import APP_ROLE, DATABASE, EmbeddedPostgres
from supervision.errors import DatabaseRefused
from tests import servers

PASSWORD = 'it\'s a "pass\\word" with everything; DROP TABLE x --'


@pytest.fixture
def postgres() -> Iterator[EmbeddedPostgres]:
    home = Path(settings.COUNTERSIGN_HOME) / "a home with blanks"
    own, child = servers.start_postgres(home)
    yield own
    servers.end(child, number=child.program.stop_signal)


@pytest.mark.slow
def test_what_it_is_asked(postgres: EmbeddedPostgres) -> None:
    assert postgres.is_ready()
    assert postgres.applied_migrations() == []
    postgres.ask(
        "CREATE TABLE django_migrations (app text, name text);"
        "INSERT INTO django_migrations VALUES ('b', '0001_initial'), ('a', '0002_more'), ('a', '0001_initial')"
    )
    assert postgres.applied_migrations() == [("a", "0001_initial"), ("a", "0002_more"), ("b", "0001_initial")]
    assert postgres.ask("SELECT :'said'", said=PASSWORD).strip() == PASSWORD
    # A secret that was changed is made to hold; the database that is there stays.
    postgres.app_password = PASSWORD
    with pytest.raises(DatabaseRefused, match="password authentication failed"):
        postgres.ask("", role=APP_ROLE)
    postgres.ensure_database()
    assert postgres.ask("SELECT current_user, current_database()", role=APP_ROLE) == f"{APP_ROLE}|{DATABASE}\n"
    with pytest.raises(DatabaseRefused, match="permission denied"):
        postgres.ask("CREATE TABLE stray (id int)", role=APP_ROLE)
