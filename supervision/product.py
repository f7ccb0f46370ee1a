"""Starts the whole product from a plan and keeps it running: database, preparation, web, workers."""

import errno
import hashlib
import json
import os
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from supervision import probe
from supervision.children import Child, Program
from supervision.embedded_postgres import DATABASE, OWNER, EmbeddedPostgres
from supervision.errors import StartFailed, StopAsked
from supervision.files import read_state, stored_secret, write_whole
from supervision.plan import Plan
from supervision.processes import Supervisor

# Seconds to wait for: a server that lost its supervisor to leave, the database, the first HTTP answer.
LEAVING = 20.0
DATABASE_READY = 60.0
WEB_READY = 60.0
# Seconds that a worker may take to load before its first heartbeat.
FIRST_BEAT = 120.0
# Memory that threads of the C library reserve each, and would keep.
# Celery's own run of the system checks would load every page into every worker; `manage.py up` has run them.
LEAN = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "CELERY_SKIP_CHECKS": "1"}


class Product:
    """The product while it starts and runs; `run` returns when somebody has asked for the end."""

    def __init__(self, plan: Plan, supervisor: Supervisor) -> None:
        self.plan = plan
        self.supervisor = supervisor
        self.home = plan.home_folder
        self.root = Path(plan.root)
        self.environment = dict(os.environ) | LEAN
        # The process that prepares creates the first admin; only it knows the password.
        self.admin_password = self.environment.pop("COUNTERSIGN_ADMIN_PASSWORD", "")
        self.postgres: EmbeddedPostgres | None = None

    def run(self) -> None:
        """Start everything, print the address, watch. Raises StartFailed."""
        try:
            self._start()
            self.supervisor.watch()
        except StopAsked:
            pass
        finally:
            self.supervisor.say("Stopping…")
            self.supervisor.stop()
            self.supervisor.say("Stopped.")

    def _start(self) -> None:
        self._await_free_port()
        # The web server takes longer to load than the database to start: where nothing seems left to prepare, both
        # start together.
        web: Child | None = None
        if self.plan.embedded:
            server = self._start_postgres()
            web = self._start_program("web", self.plan.web) if self._seems_prepared() else None
            self._await_postgres(server)
        login = self._prepare(web)
        if web is None or web not in self.supervisor.children:
            web = self._start_program("web", self.plan.web)
        self._await_web(web)
        self._tell(login)
        # After the web server has answered: together they would keep each other from the processor.
        for name, command in self.plan.workers.items():
            self._start_program(name, command)
        self._start_samples()

    def _await_free_port(self) -> None:
        """The web server of a killed supervisor may hold the port for another moment."""
        host, port = self.plan.host.strip("[]"), self.plan.port
        try:
            self.supervisor.wait_until(lambda: _port_is_free(host, port), seconds=3, what="the port")
        except StartFailed:
            raise StartFailed(
                f"Port {port} on {host} is in use by another program. Stop it, or choose another: PORT={port + 1}."
            ) from None

    def _start_postgres(self) -> Child:
        folder = self.home / "secrets"
        postgres = self.postgres = EmbeddedPostgres(
            self.home,
            owner_password=_secret(folder, "database_owner_password"),
            app_password=_secret(folder, "database_password"),
        )
        self.supervisor.wait_until(
            lambda: not postgres.is_stopping(), seconds=LEAVING, what="the PostgreSQL of an earlier start"
        )
        postgres.prepare()
        return self.supervisor.start(
            Program(
                "postgres",
                postgres.command(),
                Path("/"),
                postgres.environment(),
                account=postgres.account,
                stop_signal=signal.SIGINT,
                death_signal=signal.SIGINT,
                stops_last=True,
                answers=postgres.answers,
            )
        )

    def _await_postgres(self, server: Child) -> None:
        postgres = self.postgres
        assert postgres is not None  # noqa: S101 - the server is its
        self.supervisor.wait_until(postgres.is_ready, seconds=DATABASE_READY, what="PostgreSQL", child=server)
        postgres.ensure_database()

    def _stamp(self) -> dict[str, str]:
        """What the last start had prepared; empty before the first, or if unknown."""
        return read_state(self.home / "run" / "prepared.json")

    def _seems_prepared(self) -> bool:
        """Whether code and files are those of the last start; the database has to be asked for its part."""
        before = self._stamp()
        return bool(before) and (before.get("static"), before.get("code")) == self._files()

    def _prepare(self, web: Child | None) -> dict[str, object]:
        """Migrate, grant, collect static files, make the first admin; skipped when nothing can have changed.

        Ends a web server that was started on the belief that there is nothing to prepare.
        """
        stamp = self.home / "run" / "prepared.json"
        before = self._stamp()
        if self.postgres is not None and before == self._state():
            return {}
        if web is not None:
            self.supervisor.end(web)
        self._back_up_before_upgrade()
        command = list(self.plan.prepare)
        if before and before.get("static") == self._state()["static"]:
            command.append("--without-static")
        answer = self.supervisor.run(
            Program("prepare", command, self.root, self.environment | self._preparing_environment())
        )
        login: dict[str, object] = json.loads(answer.strip().splitlines()[-1])
        if login.get("first_start") and self.plan.samples:
            (self.home / "run" / "samples_wanted").touch()
        write_whole(stamp, json.dumps(self._state()))
        return login

    def _preparing_environment(self) -> dict[str, str]:
        told = {"COUNTERSIGN_ADMIN_PASSWORD": self.admin_password} if self.admin_password else {}
        return self._owner_environment() | told

    def _owner_environment(self) -> dict[str, str]:
        """Tables are created by their owner, which web and workers never are."""
        if self.postgres is None:
            return self.plan.prepare_environment
        return {"COUNTERSIGN_DB_USER": OWNER, "COUNTERSIGN_DATABASE_PASSWORD": self.postgres.owner_password}

    def _state(self) -> dict[str, str]:
        """What preparing depends on; the database's own part is asked of it, so a restored dump is noticed."""
        applied = "\n".join(f"{app} {name}" for app, name in self._applied())
        static, code = self._files()
        return {
            "static": static,
            "code": code,
            "applied": hashlib.sha256(applied.encode()).hexdigest(),
        }

    def _files(self) -> tuple[str, str]:
        """Versions of the static files, if they are collected, and of the code that prepares."""
        collected = bool(read_state(self.home / "staticfiles" / "staticfiles.json").get("paths"))
        return self.plan.static_version if collected else "", self.plan.code_version

    def _applied(self) -> list[tuple[str, str]]:
        return self.postgres.applied_migrations() if self.postgres else []

    def _back_up_before_upgrade(self) -> None:
        """A database with content is dumped before new migrations are applied."""
        applied = set(self._applied())
        if self.postgres is None or not applied or applied.issuperset(self.plan.migrations):
            return
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        target = self.home / "backups" / f"{DATABASE}-before-upgrade-{now}.dump"
        self.supervisor.say(f"New migrations: backing up to {target} first")
        self.postgres.dump(target)

    def _start_program(self, name: str, command: list[str]) -> Child:
        # A worker that lost its supervisor dies at once: a warm end could take as long as its job.
        web = name == "web"
        death = signal.SIGTERM if web else signal.SIGKILL
        # More patient than the watchdog: a busy server must not be killed as a whole.
        program = Program(
            name, command, self.root, self.environment,
            death_signal=death, answers=self._web_answers if web else None, patience=120.0,
            first_beat=None if web else FIRST_BEAT,
        )  # fmt: skip
        return self.supervisor.start(program)

    def _web_answers(self, seconds: float = 10.0) -> bool:
        return probe.lives(probe.local_address(self.plan.host.strip("[]")), self.plan.port, seconds=seconds)

    def _await_web(self, web: Child) -> None:
        self.supervisor.wait_until(
            lambda: self._web_answers(seconds=2.0), seconds=WEB_READY, what="the web server", child=web
        )

    def _start_samples(self) -> None:
        """Once, in the background, until it has succeeded: a start that is cut off leaves the wish standing."""
        wanted = self.home / "run" / "samples_wanted"
        if not self.plan.samples or not wanted.exists():
            return
        self.supervisor.start_once(
            Program("samples", self.plan.samples, self.root, self.environment, death_signal=signal.SIGKILL),
            on_success=wanted.unlink,
        )

    def _tell(self, login: dict[str, object]) -> None:
        say = self.supervisor.say
        say(f"Countersign is running at {self.plan.url}")
        if login.get("password"):
            say(f"  Log in as  admin  with the password  {login['password']}  (shown only once)")
        elif login.get("first_start"):
            say("  Log in as  admin  with the password from COUNTERSIGN_ADMIN_PASSWORD")
        else:
            say("  Log in as before. Lost the password? .venv/bin/python manage.py changepassword admin")
        say(f"  Data and logs: {self.home}. Ctrl-C stops everything.")


def _secret(folder: Path, name: str) -> str:
    """A secret from the environment, else from its file, made on first use. Raises StartFailed."""
    return os.environ.get(f"COUNTERSIGN_{name.upper()}", "").strip() or stored_secret(folder, name)


def _port_is_free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise StartFailed(f"HOST={host} is not an address of this machine: {error.strerror}.") from None
    with socket.socket(family, kind, protocol) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(address)
        except PermissionError:
            raise StartFailed(f"Port {port} needs root privileges: choose one above 1023.") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise StartFailed(f"HOST={host} is not an address of this machine.") from None
            return False
    return True


def say(text: str) -> None:
    """A line for the terminal; a closed terminal is not an error."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        pass
