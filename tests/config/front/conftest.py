"""One granian with the small application, for all tests of the front that need a server."""

import os
import sys
from collections.abc import Iterator

import pytest

from supervision import probe
from supervision.children import Child, Program
from tests import servers
from tests.slow_client import SlowClient

FILE_BYTES = 3_000_000


def granian(port: int, *words: str) -> list[str]:
    """One process of it; `words`: interface, application and the rest."""
    return [
        sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws",
        "--http", "1", *words,
    ]  # fmt: skip


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port."""
    folder = tmp_path_factory.mktemp("front")
    file = folder / "sent"
    file.write_bytes(os.urandom(1_000) * (FILE_BYTES // 1_000))
    port = servers.free_port()
    words = ("--interface", "rsgi", "--loop", "asyncio", "tests.config.front.small_application:served")
    environment = dict(os.environ) | {"SENT_FILE": str(file)}
    child = Child(Program("front", granian(port, *words), servers.ROOT, environment), folder / "front.log")
    child.start()
    servers.wait_for(lambda: probe.status("127.0.0.1", port, "/") == 200, what="the front", child=child)
    yield port
    servers.end(child)


@pytest.fixture
def slow_clients() -> Iterator[list[SlowClient]]:
    """Closed at the end."""
    clients: list[SlowClient] = []
    yield clients
    for client in clients:
        client.close()
