"""Clients that have given a password, and are asked for more."""

import time
from typing import Any

from django.test import Client

from tests.people import PASSWORD

SECOND = "/sign-in/second-factor/"


def by_password(name: str = "viewer", address: str = "127.0.0.1", **body: str) -> tuple[Client, Any]:
    client = Client(REMOTE_ADDR=address)
    return client, client.post("/sign-in/", {"username": name, "password": PASSWORD, **body})


def halfway(name: str = "viewer", address: str = "127.0.0.1", **body: str) -> Client:
    """The password was right, and the second factor is asked for."""
    client, answer = by_password(name, address, **body)
    assert answer.headers["Location"] == SECOND
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def left_open(client: Client) -> Client:
    """As if its owner had signed in an hour ago."""
    session = client.session
    session["confirmed_at"] = time.time() - 3600
    session.save()
    return client
