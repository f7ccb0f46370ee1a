"""The database is away for half a minute, behind the back of a real web server and real workers: people are told so,
work waits, nobody has to start anything again."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from datasets.tokens import make_token
from labeling.models import PreLabel
from tests import servers
from tests.chaos import storm
from tests.chaos.crowd import database_at
from tests.chaos.proxy import Proxy, proxy
from tests.each_kind import KINDS, beside
from tests.people import Cast, make_cast

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
AWAY_SECONDS = 30
# Of each kind of label; images take longer to be read in.
ITEMS = {"classification": 600, "spans": 600, "regions": 200}


@pytest.fixture
def before_the_database(transactional_db: None, monkeypatch) -> Iterator[Proxy]:
    """Programs that are started from now on reach the tests' database through it."""
    with proxy(connection.settings_dict["HOST"]) as one:
        monkeypatch.setenv("COUNTERSIGN_TEST_SOCKETS", str(one.folder))
        yield one


@pytest.fixture
def web(before_the_database: Proxy, tmp_path: Path) -> Iterator[int]:
    """The product's web server; its port."""
    port, child = servers.start_web(tmp_path, database=str(connection.settings_dict["NAME"]))
    yield port
    servers.end(child)


def asked(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, Message, bytes]:
    """Status, headers and body of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def signed_in(cast: Cast) -> dict[str, str]:
    """As a person on a page."""
    name = settings.SESSION_COOKIE_NAME
    return {"Cookie": f"{name}={cast.client(cast.viewer).cookies[name].value}"}


def program(cast: Cast) -> dict[str, str]:
    """As a program."""
    return {"Authorization": f"Bearer {make_token(user=cast.viewer, name='test')[1]}"}


def test_half_a_minute_without_a_database(
    before_the_database: Proxy, web: int, celery_worker_process, shared_media: Path, monkeypatch
) -> None:
    cast = make_cast()
    casts = [cast, *(beside(cast, kind) for kind in KINDS[1:])]
    monkeypatch.setenv("LEASE_SECONDS", "2")
    page, api = signed_in(cast), program(cast)
    assert asked(web, "/", page)[0] == 200
    with storm.slow_models(casts) as models:
        workers = [celery_worker_process(), celery_worker_process()]
        runs = [
            storm.begin(one, model, items=ITEMS[one.dataset.task_kind])
            for one, model in zip(casts, models, strict=True)
        ]
        servers.wait_for(lambda: PreLabel.objects.exists(), what="the first answers")
        before_the_database.shut()
        for _ in range(AWAY_SECONDS // 2):
            status, headers, body = asked(web, "/", page)
            assert (status, b"Database unavailable" in body) == (503, True)
            assert int(headers["Retry-After"]) > 0
            threading.Event().wait(2)
        status, headers, body = asked(web, "/api/v1/datasets/", api)
        assert (status, json.loads(body)["code"], "Retry-After" in headers) == (503, "database_away", True)
        assert [worker.runs for worker in workers] == [True, True]
        assert asked(web, "/livez")[0] == 200
        assert not all(storm.over(run) for run in runs)
        before_the_database.open()
        for run in runs:
            servers.wait_for(lambda run=run: storm.over(run), seconds=60, what="the run", child=workers[0])
    assert asked(web, "/api/v1/datasets/", api)[0] == 200
    for run in runs:
        assert storm.wrongs(run, items=ITEMS[run.dataset.task_kind]) == []


@pytest.mark.parametrize("path", ["/", "/api/v1/datasets/"])
def test_the_check_finds_a_server_that_does_not_say_so(before_the_database: Proxy, monkeypatch, path: str) -> None:
    """The negative control: where nobody knows a lost connection, it is a server's fault."""
    cast = make_cast()
    client = Client(raise_request_exception=False, headers=program(cast))
    client.force_login(cast.viewer)
    with database_at(str(before_the_database.folder)):
        assert client.get(path).status_code == 200
        before_the_database.shut()
        assert client.get(path).status_code == 503
        for module in ("ground.web.middleware", "ground.web.error_pages"):
            for name in ("OperationalError", "InterfaceError"):
                monkeypatch.setattr(f"{module}.{name}", KeyError)
        assert client.get(path).status_code == 500
