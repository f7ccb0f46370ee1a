"""Private servers for the tests: PostgreSQL, Redis, Celery workers. Each is ended by its own process."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import redis

from config import env
from operating.management.programs import QUEUES, web_command, worker_command
from supervision import probe
from supervision.children import Child, Program
from supervision.embedded_postgres import EmbeddedPostgres
from supervision.errors import StartFailed

ROOT = Path(__file__).resolve().parent.parent
# No test outlives a power cut, so none waits for the disk.
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB", "max_connections": "200"}


def wait_for(
    condition: Callable[[], bool], *, seconds: float = 30, what: str = "it", child: Child | None = None
) -> None:
    """Poll until the condition holds; fails with the child's last words when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        words = f":\n{child.last_lines(60)}" if child else ""
        if child is not None and not child.runs:
            raise AssertionError(f"{what} ended{words}")
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s{words}")
        time.sleep(0.02)


def end(child: Child, *, number: signal.Signals = signal.SIGTERM, seconds: float = 5) -> None:
    """End one child and all of its group."""
    child.send(number)
    with suppress(AssertionError):
        wait_for(lambda: not child.runs, seconds=seconds)
    child.send(signal.SIGKILL, group=True)
    if child.process is not None:
        child.process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def start_postgres(home: Path, settings: Mapping[str, str] = FAST) -> tuple[EmbeddedPostgres, Child]:
    """A PostgreSQL of the tests' own, of the same binaries as the product's; for them a crash may lose everything."""
    try:
        postgres = EmbeddedPostgres(
            home,
            owner_password=env.stored_secret("database_owner_password"),
            app_password=env.stored_secret("database_password"),
            settings=settings,
        )
    except StartFailed as error:
        raise AssertionError(f"{error} Or: make test, which installs what is missing.") from None
    postgres.prepare()
    program = Program(
        "postgres",
        postgres.command(),
        Path("/"),
        postgres.environment(),
        account=postgres.account,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGQUIT,
    )
    child = Child(program, home / "postgres.log")
    child.start()
    wait_for(postgres.is_ready, what="PostgreSQL", child=child)
    postgres.ensure_database()
    return postgres, child


def start_redis(folder: Path, port: int | None = None) -> tuple[str, Child]:
    """A Redis that keeps nothing, on a port of the loopback; its URL."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing. Install it: apt-get install redis-server (or run make test)"
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    child = Child(Program("redis", command, folder, os.environ, death_signal=signal.SIGKILL), folder / "redis.log")
    child.start()
    url = f"redis://127.0.0.1:{port}/0"
    wait_for(lambda: _answers(url), what="Redis", child=child)
    return url, child


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def start_worker(
    folder: Path,
    *,
    broker: str,
    database: str,
    number: int = 1,
    processes: int = 2,
    queues: Sequence[str] = QUEUES,
    app: str = "config.celery",
    code: Path = ROOT,
) -> Child:
    """A real Celery worker, of all queues unless told otherwise, in processes of its own, on the tests' database.
    `code`: the folder of the version that it runs."""
    command = worker_command(*queues, name=f"worker{number}", processes=processes)
    command += ["--app", app]
    environment = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.testing",
        "COUNTERSIGN_TEST_DATABASE": database,
        "BROKER_URL": broker,
    }
    program = Program(f"worker{number}", command, code, environment, death_signal=signal.SIGKILL)
    child = Child(program, folder / f"worker{number}.log")
    child.start()
    wait_for(lambda: " ready." in child.log.read_text(), seconds=60, what="the worker", child=child)
    return child


def start_web(folder: Path, *, database: str) -> tuple[int, Child]:
    """The product's web server on the tests' database; its port."""
    port = free_port()
    environment = dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.testing",
        "COUNTERSIGN_TEST_DATABASE": database,
    }
    child = Child(Program("web", web_command("127.0.0.1", port), ROOT, environment), folder / "web.log")
    child.start()
    wait_for(lambda: probe.status("127.0.0.1", port, "/readyz") == 200, seconds=60, what="the web server", child=child)
    return port, child


def chromium() -> str:
    """The browser's path, or a failure that says how to get one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise AssertionError("Chromium is missing. Install it: apt-get install chromium (or run make test)")
