"""A PostgreSQL that a test may kill: a cluster of its own that waits for the disk, as the product's does."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from supervision.children import Child
from supervision.embedded_postgres import DATABASE, EmbeddedPostgres
from tests import servers
from tests.chaos.crowd import database_at

# As the product starts it, but for a little less memory.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "64MB"}
# The protection taken out: a commit is acknowledged long before it is written.
HASTY = DURABLE | {"synchronous_commit": "off", "wal_writer_delay": "10s"}


class OwnPostgres:
    """Started, killed, started again on the same data."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._server: tuple[EmbeddedPostgres, Child] | None = None

    def start(self, options: dict[str, str] = DURABLE) -> None:
        """Until it answers; what a killed server has left is recovered first."""
        self._server = servers.start_postgres(self.home, {"max_connections": "100"} | options)

    @property
    def sockets(self) -> str:
        """Where it is reached."""
        assert self._server is not None
        return str(self._server[0].places.sockets)

    def kill(self, number: signal.Signals) -> None:
        """SIGQUIT is `pg_ctl stop -m immediate`; SIGKILL of the postmaster leaves it to its children to notice."""
        assert self._server is not None
        postgres, child = self._server
        child.send(number)
        servers.wait_for(lambda: not child.runs, what="the end of PostgreSQL")
        servers.wait_for(lambda: not alive_in(postgres.places.data), what="the end of its children")

    def end(self) -> None:
        """For good."""
        if self._server is not None:
            servers.end(self._server[1], number=signal.SIGINT)


def alive_in(folder: Path) -> bool:
    """Whether a process still works in that data folder."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cwd").resolve() == folder.resolve():
                return True
        except OSError:
            continue
    return False


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A running one with the product's tables, and nothing in them."""
    folder = Path(tempfile.mkdtemp(dir=settings.COUNTERSIGN_HOME))
    folder.chmod(0o711)
    postgres = OwnPostgres(folder / "home")
    try:
        postgres.start()
        with database_at(postgres.sockets, NAME=DATABASE):
            call_command("migrate", verbosity=0)
        yield postgres
    finally:
        postgres.end()
        shutil.rmtree(folder, ignore_errors=True)
