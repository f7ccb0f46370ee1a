"""Signing in from here and there, and what is mailed about it."""

from typing import Any

from django.test import Client

from accounts.sign_in import notices
from tests.people import PASSWORD

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
MAIL = "vera@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(address: str = HOME, client: Client | None = None) -> Client:
    """As the viewer, by a browser that is new unless one is given."""
    client = client or Client()
    body = {"username": "viewer", "password": PASSWORD}
    answer = client.post("/sign-in/", body, REMOTE_ADDR=address, headers={"user-agent": FIREFOX})
    assert answer.status_code == 302
    return client


def work() -> None:
    """What a worker would do."""
    while notices.work_one_notice():
        pass


def text_of(message: Any) -> str:
    return str(message.get_payload(decode=True).decode())
