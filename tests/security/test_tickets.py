"""On the way in: whoever only looks leaves no row, and what a browser carries meanwhile is of use to nobody else."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Session, SpentTicket
from accounts.sign_in import tickets
from ground.secret_box import open_sealed, seal
from operating import sweeping
from tests.halfway import is_in
from tests.oidc_provider import Provider, let_in
from tests.people import Cast
from tests.signing_on import BEGIN, linked, off, sign_in, who
from tests.soft_passkey import PASSKEY, SoftPasskey, at_the_door

QUESTION, BEGUN = "passkey_question", "single_sign_on"


def test_whoever_only_looks_leaves_no_row(cast: Cast, provider: Provider) -> None:
    for _ in range(150):
        assert Client().get(PASSKEY).status_code == 200
    for _ in range(5):
        client = Client()
        off(client)
        for path in ("/sign-in/", "/sign-in/second-factor/", "/", "/profile/", PASSKEY):
            client.get(path)
        client.post(PASSKEY, {"credential": "{}"})
        client.get("/sign-in/provider/callback/?state=x&code=x")
        client.post("/sign-in/", {"username": "viewer", "password": "wrong"})
        assert "sessionid" not in client.cookies
    assert not Session.objects.exists()
    assert not SpentTicket.objects.exists()


@pytest.mark.parametrize("secure", [True, False])
def test_a_ticket_is_read_by_nobody_and_kept_for_ten_minutes(
    cast: Cast, provider: Provider, settings: Any, secure: bool
) -> None:
    settings.SESSION_COOKIE_SECURE = secure
    client = Client()
    challenge = client.get(PASSKEY).json()["publicKey"]["challenge"]
    state = off(client).partition("state=")[2].partition("&")[0]
    for name, secret in ((QUESTION, challenge), (BEGUN, state)):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)
        assert bool(cookie["secure"]) is secure
        assert secret in open_sealed(cookie.value.encode())
        assert secret not in cookie.value


def test_a_passkey_signs_in_and_a_copied_ticket_does_not(cast: Cast) -> None:
    passkey, client = SoftPasskey(cast.viewer), at_the_door()
    body = {"credential": passkey.answer(client.get(PASSKEY).json()), "next": "/datasets/letters/"}
    copied = client.cookies[QUESTION].value
    assert client.post(PASSKEY, body).headers["Location"] == "/datasets/letters/"
    assert is_in(client)
    assert client.cookies[QUESTION].value == ""
    assert AuditEvent.objects.latest("id").details == {"by": "passkey"}
    thief = at_the_door()
    thief.cookies[QUESTION] = copied
    refused(thief, body)
    assert SpentTicket.objects.count() == 1


def refused(client: Client, body: dict[str, str]) -> None:
    answer = client.post(PASSKEY, body)
    assert answer.status_code == 403
    assert b"or it took too long. Try again" in answer.content
    assert not is_in(client)


def test_an_answer_counts_for_its_own_question_alone(cast: Cast) -> None:
    passkey, client, other = SoftPasskey(cast.viewer), at_the_door(), at_the_door()
    body = {"credential": passkey.answer(client.get(PASSKEY).json())}
    other.get(PASSKEY)
    refused(other, body)
    refused(at_the_door(), body)
    assert not SpentTicket.objects.exists()
    assert client.post(PASSKEY, body).status_code == 302


def test_a_ticket_that_is_forged_too_old_or_for_something_else_is_refused(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    passkey, client = SoftPasskey(cast.viewer), at_the_door()
    body = {"credential": passkey.answer(client.get(PASSKEY).json())}
    good = client.cookies[QUESTION].value
    told = json.loads(open_sealed(good.encode()))
    of_another_purpose = seal(json.dumps(told | {"purpose": BEGUN})).decode()
    for cookie in (good[:-8] + "AAAAAAA=", "x", "", json.dumps(told), of_another_purpose, seal("[]").decode()):
        client.cookies[QUESTION] = cookie
        refused(client, body)
    now = tickets.time.time()
    client.cookies[QUESTION] = good
    for later in (tickets.GOOD_SECONDS + 1, -120):
        monkeypatch.setattr(tickets.time, "time", lambda later=later: now + later)
        refused(client, body)
        client.cookies[QUESTION] = good
    monkeypatch.setattr(tickets.time, "time", lambda: now + 1)
    assert client.post(PASSKEY, body).status_code == 302


def test_a_question_and_a_sign_in_begun_elsewhere_are_not_taken_for_each_other(cast: Cast, provider: Provider) -> None:
    linked(cast.viewer, provider)
    client = Client()
    back = let_in(off(client))
    client.get(PASSKEY)
    client.cookies[BEGUN], begun = client.cookies[QUESTION].value, client.cookies[BEGUN].value
    answer = client.get(back)
    assert answer.status_code == 403
    assert b"was not started in this browser, or it took too long" in answer.content
    client.cookies[BEGUN] = begun
    client.get(back)
    assert who(client) == "viewer"


def test_a_copy_of_what_was_begun_at_the_provider_lets_in_nobody(cast: Cast, provider: Provider) -> None:
    """Not even where the provider takes its code a second time."""
    linked(cast.viewer, provider)
    client, thief = Client(), Client()
    back = let_in(off(client))
    thief.cookies[BEGUN] = client.cookies[BEGUN].value
    codes = dict(provider.codes)
    client.get(back)
    assert who(client) == "viewer"
    assert client.cookies[BEGUN].value == ""
    provider.codes.update(codes)
    answer = thief.get(back)
    assert answer.status_code == 403
    assert b"has already been used" in answer.content
    assert who(thief) == ""


def test_one_begins_in_two_windows_and_the_newest_few_count(cast: Cast, provider: Provider) -> None:
    linked(cast.viewer, provider)
    client = Client()
    backs = [let_in(off(client, next=f"/datasets/letters/items/?q={'x' * 900}")) for _ in range(4)]
    assert len(client.cookies[BEGUN].value) <= tickets.LONGEST
    assert client.get(backs[0]).status_code == 403
    assert client.get(backs[-1]).headers["Location"].startswith("/datasets/letters/items/?q=")
    short, client = Client(), Client()
    first, second = let_in(off(short)), let_in(off(short))
    assert short.get(first).status_code == 302
    assert short.get(second).status_code == 302
    assert sign_in(client, BEGIN, next=f"/datasets/letters/?q={'x' * 5_000}").headers["Location"] == "/"


def test_spent_tickets_are_forgotten_when_none_would_be_taken_any_more(cast: Cast) -> None:
    kind = tickets.Ticket(QUESTION)
    assert [kind.spend("a"), kind.spend("a"), kind.spend("b"), tickets.Ticket(BEGUN).spend("a")] == [
        True,
        False,
        True,
        True,
    ]
    sweeping.sweep()
    assert SpentTicket.objects.count() == 3
    SpentTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sweeping.sweep()
    assert not SpentTicket.objects.exists()
