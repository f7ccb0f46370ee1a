"""Guessing a password is slow at every door, and keeps out nobody but who guesses."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from accounts.sign_in import throttling
from accounts.sign_in.throttling import MOST_WRONG
from tests.api.program import Program
from tests.people import PASSWORD, Cast

ELSEWHERE = "198.51.100.7"


def try_page(name: str, password: str, *, address: str = "127.0.0.1", path: str = "/sign-in/") -> Any:
    return Client(REMOTE_ADDR=address).post(path, {"username": name, "password": password})


def guess(times: int = MOST_WRONG, name: str = "viewer") -> None:
    for _ in range(times):
        assert try_page(name, "wrong").status_code == 200


def test_after_five_wrong_ones_not_even_the_right_one_opens(cast: Cast) -> None:
    guess()
    events = AuditEvent.objects.count()
    for password in ("wrong", PASSWORD):
        response = try_page("viewer", password)
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) > 60
        assert b"5 wrong passwords in a row" in response.content
        assert "sessionid" not in response.cookies
    # Refused attempts write no rows: the log does not grow with them.
    assert AuditEvent.objects.count() == events


def test_nobody_else_is_kept_out(cast: Cast) -> None:
    guess()
    assert try_page("manager", PASSWORD).status_code == 302
    assert try_page("viewer", PASSWORD, address=ELSEWHERE).status_code == 302


def test_it_ends_by_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    guess()
    monkeypatch.setattr(throttling, "COOL_OFF_SECONDS", 0)
    assert try_page("viewer", PASSWORD).status_code == 302


def test_a_right_one_between_them_begins_anew(cast: Cast) -> None:
    guess(MOST_WRONG - 1)
    assert try_page("viewer", PASSWORD).status_code == 302
    guess(MOST_WRONG - 1)
    assert try_page("viewer", PASSWORD).status_code == 302


def test_every_door_counts_and_refuses(cast: Cast) -> None:
    body = {"username": "admin", "password": "wrong", "name": "x"}
    for _ in range(MOST_WRONG):
        Program("").call("POST", "tokens/", body, expect=401)
    answer = Program("").response("POST", "tokens/", body | {"password": PASSWORD})
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_attempts"
    assert int(answer.headers["Retry-After"]) > 60
    assert try_page("admin", PASSWORD).status_code == 429


def test_a_name_that_nobody_has_is_answered_the_same(cast: Cast) -> None:
    """Whether an account exists cannot be told from when it is locked."""
    guess(name="nobody")
    assert try_page("nobody", "wrong").status_code == 429


def test_another_address_in_a_header_does_not_help(cast: Cast) -> None:
    guess()
    client = Client(headers={"X-Forwarded-For": ELSEWHERE})
    assert client.post("/sign-in/", {"username": "viewer", "password": PASSWORD}).status_code == 429
