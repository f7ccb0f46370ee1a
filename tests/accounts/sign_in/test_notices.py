"""Mails about sign-ins from a new place: who gets one, and what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, SignInNotice, User
from accounts.sign_in import known_browsers, notices
from config.celery import app
from datasets import invitations
from operating import sweeping
from tests.authenticator_app import code_of, user_with_app
from tests.halfway import SECOND
from tests.mailing import ELSEWHERE, HOME, MAIL, sign_in, text_of, work
from tests.people import PASSWORD, Cast
from tests.smtp_server import Mailbox
from work.models import State


def test_a_sign_in_from_a_new_place_is_told_of(vera: User, box: Mailbox) -> None:
    sign_in(ELSEWHERE)
    assert box.messages == []
    work()
    (message,) = box.messages
    assert (message["To"], message["From"]) == (MAIL, "Countersign <countersign@example.org>")
    assert message["Subject"] == "New sign-in to Countersign"
    assert box.recipients == [f"rcpt TO:<{MAIL}>"]
    text, at = text_of(message), SignInNotice.objects.get().created_at
    for word in (
        "as viewer", ELSEWHERE, "Firefox on Linux", "password", "http://testserver/profile/sessions/",
        f"{at.astimezone(notices._zone(vera)):%Y-%m-%d %H:%M}",
    ):  # fmt: skip
        assert word in text
    assert SignInNotice.objects.get().state == State.DONE
    work()
    assert len(box.messages) == 1


def test_nobody_is_told_of_what_they_know(vera: User, box: Mailbox) -> None:
    sign_in(HOME)
    client = sign_in(ELSEWHERE)
    # The same browser, wherever it is; and the same place, by whatever browser.
    client.post("/sign-out/")
    sign_in("192.0.2.1", client)
    sign_in(ELSEWHERE)
    assert SignInNotice.objects.count() == 1


def test_a_place_and_a_browser_are_new_again_after_ninety_days(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(ELSEWHERE)
    # The audit log takes no changes: time goes on instead.
    now, later = timezone.now(), known_browsers.time.time() + 91 * 86_400
    monkeypatch.setattr(notices.timezone, "now", lambda: now + timedelta(days=91))
    monkeypatch.setattr(known_browsers.time, "time", lambda: later)
    client.cookies.pop("sessionid")
    sign_in(HOME, client)
    assert SignInNotice.objects.count() == 2


def test_a_new_password_makes_every_browser_new_again(vera: User) -> None:
    client = sign_in(HOME)
    client.cookies.pop("sessionid")
    User.objects.filter(pk=vera.pk).update(session_epoch=5)
    sign_in(ELSEWHERE, client)
    assert SignInNotice.objects.count() == 1


def test_a_browser_is_known_for_those_who_came_in_by_it(vera: User, cast: Cast) -> None:
    client = sign_in(HOME)
    cookie = client.cookies["known_browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", known_browsers.KNOWN_SECONDS)
    assert "viewer" not in cookie.value
    client.post("/sign-out/")
    User.objects.filter(pk=cast.manager.pk).update(email="manager@example.org")
    manager = {"username": "manager", "password": PASSWORD}
    Client().post("/sign-in/", manager, REMOTE_ADDR=HOME)
    client.post("/sign-in/", manager, REMOTE_ADDR=ELSEWHERE)
    assert [row.user for row in SignInNotice.objects.all()] == [cast.manager]
    client.post("/sign-out/")
    # Both are known by now.
    sign_in("192.0.2.1", client)
    forged = Client()
    forged.cookies["known_browser"] = cookie.value[:-4] + "AAA="
    sign_in("192.0.2.2", forged)
    assert SignInNotice.objects.filter(user=vera).count() == 1


def test_the_first_sign_in_and_nobody_without_an_address_are_told_of(cast: Cast, box: Mailbox) -> None:
    User.objects.update(email=MAIL)
    sign_in(HOME)
    User.objects.update(email="")
    sign_in(ELSEWHERE)
    _, token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="viewer")
    form = {"username": "newcomer", "password1": "a long passphrase", "password2": "a long passphrase"}
    client = Client()
    client.post(f"/invitations/{token}/", form, REMOTE_ADDR=HOME)
    User.objects.filter(username="newcomer").update(email=MAIL)
    client.post("/sign-out/")
    body = {"username": "newcomer", "password": "a long passphrase"}
    assert client.post("/sign-in/", body, REMOTE_ADDR=ELSEWHERE).status_code == 302
    assert not SignInNotice.objects.exists()


def test_without_a_mail_server_nothing_is_kept(vera: User, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    sign_in(ELSEWHERE)
    assert not SignInNotice.objects.exists()


def test_whoever_is_asked_for_more_is_in_when_they_have_shown_it(cast: Cast, box: Mailbox) -> None:
    secret, _ = user_with_app(cast.viewer)
    User.objects.filter(pk=cast.viewer.pk).update(email=MAIL)
    client = sign_in(ELSEWHERE)
    assert not SignInNotice.objects.exists()
    client.post(SECOND, {"code": code_of(secret)}, REMOTE_ADDR=ELSEWHERE)
    work()
    assert "password and authenticator app" in text_of(box.messages[0])


def test_the_mail_goes_where_it_would_have_gone_at_the_sign_in(vera: User, box: Mailbox) -> None:
    """Whoever has come in changes the address first."""
    client = sign_in(ELSEWHERE)
    client.post("/profile/", {"time_zone": "UTC", "email": "thief@example.org"})
    work()
    assert box.messages[0]["To"] == MAIL


def test_one_mailbox_is_not_filled(vera: User) -> None:
    for number in range(notices.MOST_A_DAY + 3):
        sign_in(f"203.0.113.{number}")
    assert SignInNotice.objects.count() == notices.MOST_A_DAY


@pytest.mark.parametrize(
    "name", ["evil\r\nBcc: all@example.org", "evil\nSubject: x", "x\r\n.\r\nMAIL FROM:<a@b.c>", "\u202eevil\x00\x1b[2J"]
)
def test_no_name_and_no_program_writes_a_header_or_a_line(cast: Cast, box: Mailbox, name: str) -> None:
    for notice in (
        {"device": name, "signed_in_by": name[:100], "address": name[:40]},
        {"device": f"Firefox {name}", "signed_in_by": "", "address": ""},
    ):
        user = User.objects.get(pk=cast.viewer.pk)
        stored = {key: value.replace("\x00", "") for key, value in notice.items()}
        user.username = name.replace("\x00", "")
        user.save(update_fields=["username"])
        SignInNotice.objects.create(user=user, email=MAIL, link="http://testserver/", **stored)
    work()
    assert len(box.messages) == 2
    for message in box.messages:
        assert set(message.keys()) == {
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
            "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
        }  # fmt: skip
        lines = text_of(message).rstrip().splitlines()
        assert len(lines) == notices._TEXT.count("\n")
        assert not any(line.startswith(("Bcc", "Subject", "MAIL", ".")) for line in lines)
        assert all(line.isprintable() for line in lines)
    assert {line.partition(" ")[0] for line in box.said} <= {"ehlo", "mail", "rcpt", "data", "QUIT", "quit"}
    assert box.recipients == [f"rcpt TO:<{MAIL}>"] * 2


@pytest.mark.django_db(transaction=True)
def test_the_bell_is_heard_and_old_rows_are_swept(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("work.doorbell._send", rung.append)
    sign_in(ELSEWHERE)
    assert rung == ["work.notice"]
    assert sweeping.sweep()["jobs"] == 1
    assert rung == ["work.notice"] * 2
    app.loader.import_default_modules()
    app.tasks[rung[0]]()
    assert SignInNotice.objects.get().state == State.DONE
    SignInNotice.objects.update(state=State.DONE, finished_at=timezone.now() - timedelta(days=15))
    assert sweeping.sweep()["notices"] == 1
    assert not SignInNotice.objects.exists()
    assert AuditEvent.objects.filter(action="signed_in").count() == 2
    assert connection.is_usable()
