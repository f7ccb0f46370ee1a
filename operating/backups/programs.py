"""Runs pg_dump and pg_restore against the current database.
The password is passed in the environment: command lines are visible to everybody on the machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.db import connection
from psycopg.conninfo import make_conninfo

from ground.errors import BackupFailed
from operating.backups.archive import PIECE
from supervision.postgres_binaries import FORGOTTEN, Binaries, installed

# Tables created by a fresh start. Other programs' tables in the same database are left alone.
_CLEAR = r"""
BEGIN;
SET LOCAL lock_timeout = '30s';
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass::text AS name FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND c.relname LIKE ANY (ARRAY['labeling\_%', 'review\_%', 'auth\_%', 'django\_%',
        'account\_email%', 'mfa\_authenticator', 'socialaccount\_social%'])
  LOOP EXECUTE 'DROP TABLE ' || one.name || ' CASCADE'; END LOOP;
  FOR one IN SELECT p.oid::regprocedure::text AS name FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'countersign\_%'
  LOOP EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP;
END $$;
"""


def server_major() -> int:
    """The server's major version. Raises OperationalError."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def dump(target: Path) -> int:
    """Dump the database, as of one moment, to `target`; returns the program's major version.
    Raises BackupFailed."""
    found = _programs(server_major())
    # By name, not by standard output: there it would write its table of contents twice.
    words = ["--format=custom", "--no-password", "--lock-wait-timeout=60s", *FORGOTTEN, f"--file={target}", _address()]
    answer = subprocess.run([found.program("pg_dump"), *words], check=False, stderr=subprocess.PIPE, env=_environment())
    if answer.returncode:
        raise BackupFailed(f"pg_dump failed: {_last_words(answer.stderr)}")
    return found.major


def restore(source: BinaryIO, *, made_by: int) -> None:
    """Replace the tables of a fresh start with those of the dump, in one transaction. Raises BackupFailed.
    `made_by`: the major version of the program that made the dump; an older one could not read it."""
    found = _programs(max(server_major(), made_by))
    with tempfile.TemporaryFile() as said:
        psql = subprocess.Popen(
            [found.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-password", _address()],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=_environment(),
        )  # fmt: skip
        reader = None
        try:
            assert psql.stdin is not None  # noqa: S101 - it was asked for
            psql.stdin.write(_CLEAR.encode())
            psql.stdin.flush()
            reader = subprocess.Popen(
                [found.program("pg_restore"), "--no-owner", "--no-privileges", "--file=-"],
                stdin=subprocess.PIPE, stdout=psql.stdin, stderr=said, env=_environment(),
            )  # fmt: skip
            whole = _pour(source, reader)
            # Without this line, the end of the input rolls the transaction back.
            _finish(psql, b"COMMIT;\n" if whole else b"")
        finally:
            for process in (reader, psql):
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()
        if not whole or psql.returncode:
            said.seek(0)
            raise BackupFailed(f"The database rejected the dump and is unchanged: {_last_words(said.read())}")


def _pour(source: BinaryIO, reader: "subprocess.Popen[bytes]") -> bool:
    """Pipe the dump to the program; whether it read everything."""
    assert reader.stdin is not None  # noqa: S101 - it was asked for
    try:
        shutil.copyfileobj(source, reader.stdin, PIECE)
        reader.stdin.close()
    except BrokenPipeError:
        pass  # it exited early, and has printed why
    return reader.wait() == 0


def _finish(psql: "subprocess.Popen[bytes]", last: bytes) -> None:
    assert psql.stdin is not None  # noqa: S101 - it was asked for
    try:
        psql.stdin.write(last)
        psql.stdin.close()
    except BrokenPipeError:
        pass  # it exited early, and has printed why
    psql.wait()


def _programs(least: int) -> Binaries:
    """The oldest usable programs: newer ones write what an older server does not understand."""
    usable = [one for one in installed() if one.major >= least and os.access(one.program("pg_dump"), os.X_OK)]
    if not usable:
        raise BackupFailed(
            f"No pg_dump of PostgreSQL {least} or newer was found. "
            f"Install it (Debian: apt-get install postgresql-{least}) and run this again."
        )
    return min(usable, key=lambda one: one.major)


def _address() -> str:
    """The argument that names the database."""
    given = connection.settings_dict
    options = {name: value for name, value in given.get("OPTIONS", {}).items() if isinstance(value, str)}
    place = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "dbname": given["NAME"]}
    return "--dbname=" + make_conninfo("", **{name: value for name, value in (options | place).items() if value})


def _environment() -> dict[str, str]:
    """A minimal environment: the caller's PG* variables must not affect the programs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "PGPASSWORD": str(connection.settings_dict["PASSWORD"])}


def _last_words(said: bytes) -> str:
    return " ".join(said.decode(errors="replace").split())[-1_000:] or "no reason given."
