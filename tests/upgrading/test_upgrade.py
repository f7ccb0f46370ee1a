"""An archive of an older schema, restored by the present version: nothing in it is lost, and every figure stays.

`landed.tar` is a backup of the golden test's scene. A migration may not be rewritten once it is in there; while nothing
is released, whoever rewrites one makes the archive anew: `pytest tests/upgrading --write-landed`.
"""

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import pre_migrate

from accounts.models import User
from datasets.models import Dataset
from operating.backups import programs
from tests.golden.reading import assert_as_it_was, found_in
from tests.golden.scene import Scene

LANDED = Path(__file__).parent / "landed.tar"
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, reset_sequences=True)]

# Columns, constraints, indexes, triggers and functions of our tables: what two schemas are compared by.
_SCHEMA = r"""
SELECT 'column', table_name || '.' || column_name,
  concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default, is_identity)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'
UNION ALL SELECT 'index', tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', p.proname, p.prosrc FROM pg_proc AS p
WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'countersign\_%'
ORDER BY 1, 2
"""

# pg_dump writes lists of words with other casts than they were declared with.
_CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own; the tests' own connection is the owner's."""
    settings.COUNTERSIGN_HOME, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    for command in ("backup", "restore"):
        monkeypatch.setattr(f"operating.management.commands.{command}.become_owner", lambda: None)


@pytest.fixture
def empty_database() -> Iterator[None]:
    """A database beside the tests' own, to which the connection leads meanwhile."""
    own = connection.settings_dict["NAME"]
    other = f"{own}_upgraded"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{other}"')
        cursor.execute(f'CREATE DATABASE "{other}" TEMPLATE template0')
    connection.close()
    connection.settings_dict["NAME"] = other
    yield
    connection.close()
    connection.settings_dict["NAME"] = own
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{other}" WITH (FORCE)')


@pytest.fixture
def own_schema() -> list[tuple[str, str, str]]:
    """That of the tests' own database, which the present migrations made from nothing."""
    return schema()


def schema() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        return [(kind, name, _CASTS.sub("", definition)) for kind, name, definition in cursor.fetchall()]


@pytest.fixture
def written(pytestconfig: pytest.Config) -> None:
    """The archive made anew, where that is asked for."""
    if pytestconfig.getoption("--write-landed"):
        LANDED.unlink(missing_ok=True)
        Scene().play()
        call_command("backup", LANDED, stdout=io.StringIO())


@pytest.fixture
def continued_numbers() -> Iterator[None]:
    """The archive was made by a test, which begins all numbers anew, also of Django's own rows that stay from test to
    test. In a database that people use they go on; so they do here before anything is migrated."""

    def go_on(**_: Any) -> None:
        with connection.cursor() as cursor:
            for table in ("django_content_type", "auth_permission"):
                if table in connection.introspection.table_names(cursor):
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                    )

    pre_migrate.connect(go_on)
    yield
    pre_migrate.disconnect(go_on)


def test_an_older_schema_is_brought_up_to_the_present_one(
    written: None, own_schema: list[tuple[str, str, str]], empty_database: None, continued_numbers: None
) -> None:
    call_command("restore", LANDED, stdout=io.StringIO())
    # A migration that was rewritten after it had been carried out would leave a difference for ever.
    assert set(schema()) ^ set(own_schema) == set()
    call_command("verify", stdout=io.StringIO())
    call_command("verify_history", stdout=io.StringIO())
    manager = User.objects.get(username="manager")
    assert_as_it_was(found_in(manager, {one.slug: one for one in Dataset.objects.all()}))


def test_every_migration_of_the_archive_is_still_there() -> None:
    with tarfile.open(LANDED) as tar:
        member = tar.extractfile("manifest.json")
        assert member is not None
        head = json.load(member)
    there = MigrationLoader(None).disk_migrations
    assert [f"{app} {name}" for app, name in head["migrations"] if (app, name) not in there] == []
    assert head["postgres"]["programs"] <= programs.server_major()
