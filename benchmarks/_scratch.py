"""What benchmarks share: a scratch database and web server that leave nothing behind, and lines of a report."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.testing")


@contextmanager
def scratch_database() -> Iterator[Path]:
    """Django on an empty, migrated, private PostgreSQL; gives the scratch home, and leaves nothing behind."""
    import django  # noqa: PLC0415 - the settings must be named first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection  # noqa: PLC0415

    from tests import servers  # noqa: PLC0415

    home = Path(os.environ["COUNTERSIGN_HOME"])
    # Set up as the product's, but for the number of clients.
    _, postgres = servers.start_postgres(home, {"max_connections": "200"})
    try:
        call_command("migrate", verbosity=0)
        yield home
    finally:
        connection.close()
        servers.end(postgres, number=postgres.program.stop_signal)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def web_server(home: Path, command: Callable[[str, int], list[str]] | None = None) -> Iterator[int]:
    """The product's web server, as `manage.py up` starts it unless told otherwise, on the scratch home; its port."""
    from operating.management.programs import web_command  # noqa: PLC0415
    from tests.servers import free_port  # noqa: PLC0415 - needs Django

    port = free_port()
    environment = os.environ | {"COUNTERSIGN_TEST_HOME": str(home), "COUNTERSIGN_TEST_CONN_MAX_AGE": "60"}
    with (home / "web.log").open("wb") as log:
        process = subprocess.Popen(
            (command or web_command)("127.0.0.1", port), cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _await(port, home / "web.log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int, log: Path) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The web server did not start:\n{log.read_text()[-2000:]}")


def at(ordered: list[float], share: float) -> float:
    """The quantile of the ordered values at this share."""
    return ordered[max(0, int(len(ordered) * share) - 1)]


def write(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
