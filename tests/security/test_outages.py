"""When it is too much, wrong, or down: an answer that says so, and no traceback."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client

from datasets import tokens
from exchange.models import Import
from tests.people import Cast


def test_an_upload_over_the_limit_is_a_page_that_says_so(cast: Cast, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100
    big = io.BytesIO(b"text\n" + b"word " * 100)
    big.name = "rows.csv"
    response = cast.client(cast.manager).post("/datasets/letters/imports/", {"file": big})
    assert response.status_code == 413
    assert b"larger than 100 bytes" in response.content
    assert not Import.objects.exists()


def test_a_form_over_the_limit_is_a_page_that_says_so(cast: Cast, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    client = Client(raise_request_exception=False)
    client.force_login(cast.admin)
    response = client.post("/new-dataset/", {"name": "x" * 2_000})
    assert response.status_code == 413
    assert b"Upload too large" in response.content


@pytest.mark.parametrize("path", ["/nothing/", "/datasets/nothing/", "/datasets/letters/items/999999/"])
def test_what_is_not_there_is_a_page(cast: Cast, path: str) -> None:
    response = cast.client(cast.viewer).get(path)
    assert response.status_code == 404
    assert b"Page not found" in response.content


@pytest.mark.parametrize("path", ["/datasets/letters/", "/api/v1/datasets/letters/"])
def test_a_fault_shows_no_traceback(cast: Cast, monkeypatch, path: str) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the canary sings")

    monkeypatch.setattr("datasets.access.role_in", broken)
    client = Client(raise_request_exception=False)
    client.force_login(cast.viewer)
    token = tokens.make_token(user=cast.viewer, name="x")[1]
    response = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 500
    text = response.content.decode()
    assert "canary" not in text
    assert "Traceback" not in text
    assert "RuntimeError" not in text


@contextmanager
def database_away() -> Iterator[None]:
    """As if nobody listened at the database's address."""

    def refused(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused") from psycopg.OperationalError("connection refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", refused)
        yield


@pytest.mark.parametrize("path", ["/", "/datasets/letters/", "/api/v1/datasets/", "/sign-in/", "/admin/"])
def test_while_the_database_is_away_the_answer_is_503(cast: Cast, path: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.viewer)
    token = tokens.make_token(user=cast.viewer, name="x")[1]
    with database_away():
        response = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert b"refused" not in response.content
    if path.startswith("/api/"):
        assert response.json()["code"] == "database_away"
    else:
        assert b"Database unavailable" in response.content


def test_the_process_lives_while_the_database_is_away(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    with database_away():
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 503
