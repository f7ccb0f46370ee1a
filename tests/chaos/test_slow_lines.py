"""People and attackers over slow lines: nobody else waits for them, and none of them is waited for without end."""

import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.front.bodies import GRACE
from exchange.models import Import
from tests import servers
from tests.people import Cast
from tests.slow_client import SlowClient

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """The product's web server; its port."""
    port, child = servers.start_web(tmp_path, database=str(connection.settings_dict["NAME"]))
    yield port
    servers.end(child)


def status_of(port: int, path: str) -> int:
    """An answer within five seconds."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", path)
        return asking.getresponse().status
    finally:
        asking.close()


class Dripping:
    """Clients that each send a byte a second until they hear something."""

    def __init__(self, clients: list[SlowClient]) -> None:
        self.clients = clients
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.drip, daemon=True)

    def __enter__(self) -> "Dripping":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        for client in self.clients:
            client.close()

    def drip(self) -> None:
        while not self.over.wait(1.0):
            for client in self.clients:
                try:
                    client.send(b"x")
                except OSError:
                    continue


def test_forty_who_sign_in_byte_by_byte_keep_nobody_out(web: int) -> None:
    clients = [SlowClient(web, "/sign-in/", 10_000) for _ in range(40)]
    began = time.monotonic()
    with Dripping(clients):
        for _ in range(20):
            assert (status_of(web, "/livez"), status_of(web, "/sign-in/")) == (200, 200)
            time.sleep(0.2)
        answers = [client.answer(GRACE + 15) for client in clients]
        assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers), answers
        assert time.monotonic() - began > GRACE - 1


def test_ten_members_who_upload_over_slow_lines_hold_up_nobody(web: int, cast: Cast) -> None:
    """Real sessions, and real forms whose end never comes; then a whole one."""
    name = settings.SESSION_COOKIE_NAME
    client = cast.client(cast.manager)
    client.get("/datasets/letters/imports/")
    cookies = "; ".join(f"{key}={client.cookies[key].value}" for key in (name, settings.CSRF_COOKIE_NAME))
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    told = ["Content-Type: multipart/form-data; boundary=x", f"Cookie: {cookies}", f"X-CSRFToken: {token}"]
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ntext\r\n'
    clients = [SlowClient(web, "/datasets/letters/imports/", 50_000_000, *told) for _ in range(10)]
    for one in clients:
        one.send(start)
    with Dripping(clients):
        for _ in range(20):
            assert (status_of(web, "/livez"), status_of(web, "/sign-in/")) == (200, 200)
            time.sleep(0.2)
        answers = [one.answer(GRACE * 3 + 30) for one in clients]
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b"HTTP/1.1 503"}
    assert any(answer.startswith(b"HTTP/1.1 408") for answer in answers)
    assert not Import.objects.exists()
    assert list((settings.COUNTERSIGN_HOME / "tmp").iterdir()) == []
