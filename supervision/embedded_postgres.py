"""An embedded PostgreSQL in the product's home: no service to install, not reachable by others.
It listens on a unix socket in a folder of mode 0700 and requires a password even there; it never listens on TCP. Two
roles: the owner creates the tables, the app role reads and writes them (`manage.py grant_app_role`)."""

import os
import socket
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervision.accounts import Account, identity_of, server_account
from supervision.errors import DatabaseRefused, StartFailed
from supervision.places import SOCKET_NAME, Places, own_private_folder, settle
from supervision.postgres_binaries import FORGOTTEN, Binaries, choose, installed, reachable_copy

DATABASE = "countersign"
OWNER = "countersign_owner"
APP_ROLE = "countersign_app"
# Seconds for a server that is asked whether it lives, and the question: its length and code, in network order.
ANSWER_SECONDS = 5.0
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
SETTINGS = {
    "shared_buffers": "128MB",
    "jit": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    # Nothing is replicated, so nothing has to wait for it.
    "max_logical_replication_workers": "0",
}
# Older versions do not know it. A small product reads from memory for the most part.
SINCE_18 = {"io_workers": "1"}


_ENSURE = """
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role_name') AS known_role,
  EXISTS (SELECT FROM pg_database WHERE datname = :'name') AS known_database \\gset
\\if :known_role
  ALTER ROLE :"role_name" LOGIN PASSWORD :'password';
\\else
  CREATE ROLE :"role_name" LOGIN PASSWORD :'password';
\\endif
\\if :known_database
\\else
  CREATE DATABASE :"name";
  REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
\\endif
GRANT CONNECT, TEMPORARY ON DATABASE :"name" TO :"role_name";
"""

_APPLIED = """
SELECT to_regclass('django_migrations') IS NOT NULL AS there \\gset
\\if :there
  SELECT app, name FROM django_migrations ORDER BY 1, 2;
\\endif
"""


class EmbeddedPostgres:
    """One home's cluster. `prepare`, run `command`, wait for `is_ready`, then `ensure_database`."""

    def __init__(
        self,
        home: Path,
        *,
        owner_password: str,
        app_password: str,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.owner_password = owner_password
        self.app_password = app_password
        self.settings = SETTINGS | dict(settings or {})
        self.account: Account | None = server_account()
        self.places: Places = settle(home, self.account)
        self.binaries: Binaries = reachable_copy(self._choose_binaries(), self.account)

    def _choose_binaries(self) -> Binaries:
        """Those that read the data that is there. Raises StartFailed with the way to move the data over."""
        found = installed()
        version = self.places.data / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        try:
            return choose(found, major=major)
        except LookupError:
            raise StartFailed(_moving_over(self.home, self.places, int(major or 0), found[0])) from None

    def prepare(self) -> None:
        """Create the cluster if there is none, and remove what a killed server left."""
        if not (self.places.data / "PG_VERSION").exists():
            self._initialise()
        self._drop_stale_pid_file()

    def _initialise(self) -> None:
        """Build under a temporary name and rename, so that an interrupted start leaves no partial cluster."""
        fresh = self.places.data.with_name(f"{self.places.data.name}.new")
        subprocess.run(["rm", "-rf", "--", str(fresh)], check=True)
        own_private_folder(fresh, self.account)
        password = self.places.sockets / "first_password"
        handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(self.owner_password)
                if self.account is not None:
                    os.fchown(file.fileno(), self.account.uid, self.account.gid)
            answer = subprocess.run(
                [
                    self.binaries.program("initdb"), "--pgdata", str(fresh), "--username", OWNER,
                    "--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8",
                    "--locale", "C.UTF-8", "--no-instructions",
                ],
                check=False, capture_output=True, text=True, cwd="/",
                env=self.environment(), **identity_of(self.account),
            )  # fmt: skip
        finally:
            password.unlink()
        if answer.returncode:
            raise StartFailed(f"PostgreSQL could not create its data folder {fresh}:\n{answer.stderr.strip()}")
        fresh.rename(self.places.data)

    def _drop_stale_pid_file(self) -> None:
        """A process number in `postmaster.pid` that now belongs to another program would stop the start."""
        path = self.places.data / "postmaster.pid"
        if not path.exists():
            return
        try:
            name = Path(f"/proc/{int(path.read_text().split()[0])}/comm").read_text().strip()
        except (OSError, ValueError, IndexError):
            return  # gone, or no /proc: PostgreSQL judges by itself
        if name != "postgres":
            path.unlink()

    def is_stopping(self) -> bool:
        """Whether a server of an earlier start still runs: without its supervisor it is shutting down."""
        try:
            pid = int((self.places.data / "postmaster.pid").read_text().split()[0])
            return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
        except (OSError, ValueError, IndexError):
            return False

    def environment(self) -> dict[str, str]:
        """A minimal environment: the caller's PG* variables must not affect the server."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def command(self) -> list[str]:
        """The server's command line, to be run under `account` with `environment`."""
        newer = SINCE_18 if self.binaries.major >= 18 else {}
        options = {
            **newer,
            **self.settings,
            "listen_addresses": "",
            "unix_socket_directories": str(self.places.sockets),
            "unix_socket_permissions": "0700",
        }
        words = [self.binaries.program("postgres"), "-D", str(self.places.data)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        return words

    def address(self, *, role: str = OWNER, database: str = DATABASE) -> dict[str, Any]:
        """Where a client of that role connects, as libpq names the parts."""
        password = self.owner_password if role == OWNER else self.app_password
        return {
            "host": str(self.places.sockets), "port": 5432, "dbname": database, "user": role, "password": password,
        }  # fmt: skip

    def ask(self, script: str, *, role: str = OWNER, database: str = DATABASE, **values: str) -> str:
        """What psql prints for a script, a row a line. `values` stand in it as `:'name'` or `:"name"`, and on no
        command line. Raises DatabaseRefused.

        Whoever asks lives as long as the product and needs no more than this: a driver would stay in its memory.
        """
        given = {f"ASKED_{name.upper()}": value for name, value in values.items()}
        named = "".join(f"\\getenv {name} ASKED_{name.upper()}\n" for name in values)
        where = self.address(role=role, database=database)
        secret = {"PGPASSWORD": where["password"], "PGCONNECT_TIMEOUT": "5"}
        answer = subprocess.run(
            [
                self.binaries.program("psql"), "-XAtqw", "-v", "ON_ERROR_STOP=1",
                "-h", where["host"], "-p", str(where["port"]), "-U", where["user"], "-d", where["dbname"],
            ],
            check=False, capture_output=True, text=True, input=named + script, cwd="/", start_new_session=True,
            env=self.environment() | secret | given, **identity_of(self.account),
        )  # fmt: skip
        if answer.returncode:
            raise DatabaseRefused(answer.stderr.strip())
        return answer.stdout

    def is_ready(self) -> bool:
        """Whether the server accepts the owner. Raises StartFailed if the password was lost."""
        try:
            self.ask("", database="postgres")
        except DatabaseRefused as error:
            if "password authentication failed" in str(error):
                raise StartFailed(
                    f"PostgreSQL refuses {OWNER}: {self.home}/secrets/database_owner_password is not the password "
                    "that the database was created with. Restore the old file (a backup with --with-secrets has it)."
                ) from None
            return False
        return True

    def answers(self) -> bool:
        """Whether the server takes connections up at all, be it busy, starting or out of connections: it is asked for
        encryption, which it answers before anything else (PostgreSQL's protocol, SSLRequest)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(ANSWER_SECONDS)
            try:
                client.connect(str(self.places.sockets / SOCKET_NAME))
                client.sendall(SSL_REQUEST)
                return bool(client.recv(1))
            except OSError:
                return False

    def ensure_database(self) -> None:
        """Create the database and the app role with its current password; usually nothing to do."""
        try:
            self.ask("", role=APP_ROLE)
        except DatabaseRefused:  # first start, or the secret was changed: make it so
            self.ask(_ENSURE, database="postgres", role_name=APP_ROLE, password=self.app_password, name=DATABASE)

    def applied_migrations(self) -> list[tuple[str, str]]:
        """App and name of each migration that the database has seen, in order; none before the first start."""
        pairs = (line.partition("|") for line in self.ask(_APPLIED).splitlines())
        return [(app, name) for app, _, name in pairs]

    def dump(self, target: Path) -> None:
        """Write the whole database to `target` by pg_dump (custom format). Raises StartFailed."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = target.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            program, host = self.binaries.program("pg_dump"), str(self.places.sockets)
            answer = subprocess.run(
                [program, "-Fc", *FORGOTTEN, "-h", host, "-U", OWNER, DATABASE],
                check=False, stdout=file, stderr=subprocess.PIPE, text=True, cwd="/",
                env=self.environment() | {"PGPASSWORD": self.owner_password}, **identity_of(self.account),
            )  # fmt: skip
        if answer.returncode:
            unfinished.unlink()
            raise StartFailed(f"The backup before the upgrade failed, so nothing was changed:\n{answer.stderr}")
        unfinished.replace(target)


def _moving_over(home: Path, places: Places, major: int, newest: Binaries) -> str:
    """The remedy for data of a version that no binaries here read, as commands to be copied."""
    old = f"/usr/lib/postgresql/{major}/bin"
    password = f'PGPASSWORD="$(cat {home}/secrets/database_owner_password)"'
    return f"""\
The data in {places.data} was created by PostgreSQL {major}; the newest found is {newest.major}. Nothing was changed.
Either install PostgreSQL {major} again (Debian: apt-get install postgresql-{major}), and it is used as is;
or move the data over, as the account that owns {places.data}:
  {old}/pg_ctl -D {places.data} -w -o "-c listen_addresses= -c unix_socket_directories={places.sockets}" start
  {password} {newest.program("pg_dump")} -Fc -h {places.sockets} -U {OWNER} -f {home}/moving.dump {DATABASE}
  {old}/pg_ctl -D {places.data} -w stop
  mv {places.data} {places.data}.{major}
  make run        # creates an empty database of version {newest.major}; leave it running
  {password} {newest.program("pg_restore")} --clean --if-exists -h {places.sockets} -U {OWNER} \\
    -d {DATABASE} {home}/moving.dump
then start Countersign again. Keep {places.data}.{major} until everything works."""
