"""What a mail server may do while a mail is on its way, and how its settings are read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import mail
from accounts.models import SignInNotice, User
from accounts.sign_in import notices
from config import env
from operating import checks
from tests import smtp_server
from tests.mailing import ELSEWHERE, MAIL, sign_in, work
from tests.people import Cast
from tests.smtp_server import DRIBBLE, DROP, HANG, Mailbox
from work.models import State


@pytest.mark.parametrize(
    "address", ["vera@example.org\r\nRCPT TO:<all@example.org>", "v\u00e9ra@example.org", "a\nb@c.d"]
)
def test_an_address_that_is_none_gets_nothing(cast: Cast, box: Mailbox, address: str) -> None:
    SignInNotice.objects.create(user=cast.viewer, email=address, link="http://testserver/")
    work()
    row = SignInNotice.objects.get()
    assert (row.state, row.attempt) == (State.FAILED, 1)
    assert box.recipients == []


TRY_AGAIN = [
    {"greeting": "421 too busy"}, {"greeting": DROP}, {"ehlo": DROP, "EHLO": DROP}, {"MAIL": "451 later"},
    {"RCPT": "450 greylisted"}, {"message": "452 full"}, {"message": DROP}, {"DATA": HANG}, {"greeting": DRIBBLE},
    {"EHLO": DRIBBLE},
]  # fmt: skip


@pytest.mark.parametrize("instead", TRY_AGAIN, ids=str)
def test_what_may_succeed_later_is_tried_again(
    vera: User, box: Mailbox, monkeypatch: pytest.MonkeyPatch, instead: dict[str, str]
) -> None:
    monkeypatch.setattr(mail, "STEP_SECONDS", 0.5)
    monkeypatch.setattr(mail, "TOTAL_SECONDS", 1.0)
    sign_in(ELSEWHERE)
    box.instead.update(instead)
    work()
    row = SignInNotice.objects.get()
    assert (row.state, row.attempt, box.messages) == (State.PENDING, 1, [])
    assert row.next_at
    assert row.next_at > timezone.now()
    assert "mail server" in row.error
    box.instead.clear()
    SignInNotice.objects.update(next_at=None)
    work()
    assert len(box.messages) == 1
    assert SignInNotice.objects.get().state == State.DONE


@pytest.mark.parametrize("instead", [{"RCPT": "550 nobody of that name"}, {"MAIL": "553 no"}, {"message": "554 spam"}])
def test_what_is_refused_for_good_ends_at_once_and_admins_see_it(
    vera: User, cast: Cast, box: Mailbox, instead: dict[str, str]
) -> None:
    sign_in(ELSEWHERE)
    box.instead.update(instead)
    work()
    row = SignInNotice.objects.get()
    assert (row.state, row.attempt) == (State.FAILED, 1)
    page = cast.client(cast.admin).get("/system/").content.decode()
    assert "1 mail about sign-ins could not be sent" in page
    assert row.error.split(": ")[1] in page


def test_trying_again_ends(vera: User, box: Mailbox) -> None:
    sign_in(ELSEWHERE)
    box.instead["MAIL"] = "451 later"
    for number in range(1, notices.MOST_TRIES + 1):
        SignInNotice.objects.update(next_at=None)
        work()
        assert SignInNotice.objects.get().attempt == number
    assert SignInNotice.objects.get().state == State.FAILED
    sign_in("192.0.2.1")
    SignInNotice.objects.filter(state=State.PENDING).update(created_at=timezone.now() - timedelta(days=2))
    box.instead.clear()
    work()
    assert box.messages == []
    assert not SignInNotice.objects.exclude(state=State.FAILED).exists()


def test_a_mail_server_that_hangs_makes_no_sign_in_wait(vera: User, box: Mailbox, settings: Any) -> None:
    box.instead["greeting"] = HANG
    sign_in(ELSEWHERE)
    settings.EMAIL_PORT = 1
    sign_in("192.0.2.1")
    assert box.said == []
    assert SignInNotice.objects.filter(state=State.PENDING).count() == 2


@pytest.mark.parametrize("mode", ["starttls", "tls"])
def test_mails_and_passwords_travel_encrypted_to_the_right_server(
    cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    public, context = smtp_server.certificate(tmp_path)
    with smtp_server.serving(tls=context, at_once=mode == "tls", offers=("STARTTLS", "AUTH PLAIN")) as box:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TLS = "localhost", box.port, mode
        settings.EMAIL_FROM, settings.EMAIL_USER, settings.EMAIL_PASSWORD = "c@example.org", "c", "secret word"
        told = {"to": MAIL, "subject": "x", "text": "x", "message_id": "1"}
        # Nobody vouches for it.
        with pytest.raises(mail.MailFailed, match="certificate"):
            mail.send(**told)
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        mail.send(**told)
        assert len(box.messages) == 1
        assert any(line.startswith("AUTH PLAIN") for line in box.said)
        settings.EMAIL_HOST = "127.0.0.1"
        with pytest.raises(mail.MailFailed, match="certificate"):
            mail.send(**told)


def test_a_server_that_takes_no_encryption_gets_neither_password_nor_mail(
    vera: User, box: Mailbox, settings: Any
) -> None:
    settings.EMAIL_TLS, settings.EMAIL_USER, settings.EMAIL_PASSWORD = "starttls", "c", "secret word"
    sign_in(ELSEWHERE)
    work()
    assert SignInNotice.objects.get().state == State.PENDING
    assert {line.partition(" ")[0].lower() for line in box.said} <= {"ehlo", "quit"}


def test_a_wrong_password_of_the_server_is_mended_by_the_operator(vera: User, box: Mailbox, settings: Any) -> None:
    settings.EMAIL_USER, settings.EMAIL_PASSWORD = "c", "wrong"
    box.offers = ("AUTH PLAIN",)
    box.instead["AUTH"] = "535 who are you"
    sign_in(ELSEWHERE)
    work()
    assert SignInNotice.objects.get().state == State.PENDING
    assert "535" in SignInNotice.objects.get().error
    assert "wrong" not in SignInNotice.objects.get().error


def test_settings_that_send_nothing_or_in_the_clear_are_named(settings: Any) -> None:
    assert checks._mail() == []
    settings.EMAIL_HOST, settings.EMAIL_FROM, settings.EMAIL_TLS = "mail.example.org", "", "none"
    settings.EMAIL_USER = "c"
    assert [one.id for one in checks._mail()] == ["countersign.E010", "countersign.W002"]
    settings.EMAIL_FROM, settings.EMAIL_HOST = "Countersign <c@example.org>", "localhost"
    assert checks._mail() == []


def test_the_password_comes_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    assert env.given_secret("email_password") == ""
    assert not (tmp_path / "secrets").exists()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "email_password").write_text("from the file\n")
    assert env.given_secret("email_password") == "from the file"
    monkeypatch.setenv("COUNTERSIGN_EMAIL_PASSWORD", "from outside")
    assert env.given_secret("email_password") == "from outside"
