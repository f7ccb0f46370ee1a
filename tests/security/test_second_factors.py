"""Second factors: what a password alone no longer opens, guesses, lost phones, and sessions that end."""

import base64
import json
import time
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from labeling import guessing, members
from labeling.guessing import MOST_WRONG
from labeling.models import AuditEvent, User
from tests.api.program import Program
from tests.authenticator_app import code_of, switch_on, user_with_app, wrong_code
from tests.people import PASSWORD, Cast

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


def test_a_password_alone_opens_nothing_any_more(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    client = halfway(next="/datasets/letters/")
    for path in ("/", "/profile/", "/profile/factors/app/", "/profile/confirm/", "/datasets/letters/"):
        assert client.get(path).headers["Location"].startswith("/sign-in/?next=")
    assert client.get(SECOND).status_code == 200
    assert not AuditEvent.objects.filter(action="signed_in", details__by="password").exists()
    before = client.cookies["sessionid"].value
    answer = client.post(SECOND, {"code": code_of(secret)})
    assert answer.headers["Location"] == "/datasets/letters/"
    assert client.cookies["sessionid"].value != before
    assert is_in(client)
    assert AuditEvent.objects.latest("id").details == {"by": "password and authenticator app"}


def test_nobody_comes_to_the_second_factor_without_the_first(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    client = Client()
    assert client.get(SECOND).headers["Location"] == "/sign-in/"
    assert client.post(SECOND, {"code": code_of(secret)}).headers["Location"] == "/sign-in/"
    assert not is_in(client)


def test_what_was_begun_for_one_person_lets_no_other_in(cast: Cast) -> None:
    """Whoever has a factor of their own does not use it for an account whose password they know."""
    own, _ = user_with_app(cast.manager)
    secret, _ = user_with_app(cast.viewer)
    client = halfway("manager")
    assert client.post("/sign-in/", {"username": "viewer", "password": PASSWORD}).headers["Location"] == SECOND
    assert client.post(SECOND, {"code": code_of(own)}).status_code == 422
    client.post(SECOND, {"code": code_of(secret)})
    assert client.get("/profile/").context["user"] == cast.viewer


def test_a_code_opens_one_door(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    first, second = halfway(), halfway()
    code = code_of(secret)
    assert first.post(SECOND, {"code": f" {code[:3]} {code[3:]} "}).status_code == 302
    assert second.post(SECOND, {"code": code}).status_code == 422
    # Nor does one from before it.
    assert second.post(SECOND, {"code": code_of(secret, later=-1)}).status_code == 422
    assert not is_in(second)
    assert second.post(SECOND, {"code": code_of(secret, later=1)}).status_code == 302


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00", "x" * 500])
def test_what_is_no_code_is_refused(cast: Cast, code: str) -> None:
    user_with_app(cast.viewer)
    client = halfway()
    assert client.post(SECOND, {"code": code}).status_code == 422
    assert not is_in(client)


def test_a_code_is_good_for_a_minute_and_a_half(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    for later in (-3, -2, 2, 3):
        assert halfway().post(SECOND, {"code": code_of(secret, later=later)}).status_code == 422


def test_a_recovery_code_replaces_a_lost_phone_once(cast: Cast) -> None:
    _, codes = user_with_app(cast.viewer)
    assert len(set(codes)) == 10
    assert halfway().post(SECOND, {"code": codes[3]}).status_code == 302
    assert AuditEvent.objects.latest("id").details == {"by": "password and recovery code"}
    assert halfway().post(SECOND, {"code": codes[3]}).status_code == 422
    client = halfway()
    assert client.post(SECOND, {"code": codes[4]}).status_code == 302
    page = client.get("/profile/").content.decode()
    assert "8 recovery codes are left" in page
    new = client.post("/profile/factors/recovery-codes/").context["codes"]
    assert not set(new) & set(codes)
    assert halfway().post(SECOND, {"code": codes[5]}).status_code == 422
    assert halfway().post(SECOND, {"code": new[0]}).status_code == 302


def test_recovery_codes_are_shown_once_and_kept_out_of_reach(cast: Cast) -> None:
    client = cast.client(cast.viewer)
    secret, codes = switch_on(client)
    for path in ("/profile/", "/profile/factors/app/"):
        page = client.get(path).content.decode()
        assert not any(code in page for code in codes)
    assert client.get("/profile/factors/recovery-codes/").status_code == 405
    plain = secret.replace(" ", "")
    kept = json.dumps([client.session.load(), list(Authenticator.objects.values_list("data", flat=True))])
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, '') FROM mfa_authenticator")
        kept += cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(details::text || target, '') FROM labeling_auditevent")
        kept += cursor.fetchone()[0]
    assert not any(word in kept for word in (plain, *codes, base64.b32decode(plain).hex()))


# --- guessing ---------------------------------------------------------------------------------------------------


def guess(secret: str, times: int = MOST_WRONG, address: str = "127.0.0.1") -> None:
    client = halfway(address=address)
    for _ in range(times):
        assert client.post(SECOND, {"code": wrong_code(secret)}).status_code == 422


def test_five_wrong_codes_shut_the_door_for_all_addresses(cast: Cast) -> None:
    secret, codes = user_with_app(cast.viewer)
    for number in range(MOST_WRONG):
        guess(secret, 1, address=f"198.51.100.{number}")
    events = AuditEvent.objects.filter(action="second_factor_failed")
    assert events.count() == MOST_WRONG
    assert {event.address for event in events} == {f"198.51.100.{number}" for number in range(MOST_WRONG)}
    assert {event.actor for event in events} == {cast.viewer}
    for code in (code_of(secret), codes[0], "000000"):
        client = halfway(address="203.0.113.9")
        answer = client.post(SECOND, {"code": code})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 60
        assert b"5 wrong codes in a row" in answer.content
        assert not is_in(client)
    # Refused attempts write no rows.
    assert events.count() == MOST_WRONG
    passkey = {"credential": json.dumps({"id": "x"})}
    assert halfway().post(SECOND, passkey).status_code == 429


def test_nobody_else_waits_and_it_ends_by_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = user_with_app(cast.viewer)
    other, _ = user_with_app(cast.manager)
    guess(secret)
    assert halfway("manager").post(SECOND, {"code": code_of(other)}).status_code == 302
    monkeypatch.setattr(guessing, "COOL_OFF_SECONDS", 0)
    assert halfway().post(SECOND, {"code": code_of(secret)}).status_code == 302


def test_a_right_code_between_them_begins_anew(cast: Cast) -> None:
    secret, codes = user_with_app(cast.viewer)
    guess(secret, MOST_WRONG - 1)
    assert halfway().post(SECOND, {"code": codes[0]}).status_code == 302
    guess(secret, MOST_WRONG - 1)
    assert halfway().post(SECOND, {"code": codes[1]}).status_code == 302


def test_guesses_where_one_confirms_count_with_them(cast: Cast) -> None:
    client = cast.client(cast.viewer)
    secret, _ = switch_on(client)
    for _ in range(MOST_WRONG):
        assert client.post("/profile/confirm/", {"code": wrong_code(secret)}).status_code == 422
    assert client.post("/profile/confirm/", {"code": code_of(secret)}).status_code == 429
    assert halfway().post(SECOND, {"code": code_of(secret)}).status_code == 429


def test_strangers_shut_out_nobody(cast: Cast) -> None:
    """Whoever has no password may claim any passkey, and it counts against nobody."""
    secret, _ = user_with_app(cast.viewer)
    handle = base64.urlsafe_b64encode(user_pk_to_url_str(cast.viewer).encode()).decode()
    response = {"clientDataJSON": "e30", "authenticatorData": "A" * 60, "signature": "AAAA", "userHandle": handle}
    claim = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response}
    for _ in range(MOST_WRONG + 1):
        client = Client()
        client.get("/sign-in/passkey/")
        assert client.post("/sign-in/passkey/", {"credential": json.dumps(claim)}).status_code == 403
    assert halfway().post(SECOND, {"code": code_of(secret)}).status_code == 302


@pytest.mark.parametrize(
    "credential",
    ["", "x", "7", "[]", "{}", "null", '{"id": 7}', '{"response": 7}', '{"response": {"userHandle": "!"}}',
     '{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}',
     '{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA",'
     '"authenticatorData":"AAAA","signature":"AAAA","userHandle":"////"}}'],
)  # fmt: skip
def test_what_no_browser_sends_is_refused(cast: Cast, credential: str) -> None:
    user_with_app(cast.viewer)
    client = Client()
    client.get("/sign-in/passkey/")
    assert client.post("/sign-in/passkey/", {"credential": credential}).status_code == 403
    assert halfway().post(SECOND, {"credential": credential}).status_code == 422
    client = cast.client(cast.manager)
    client.get("/profile/factors/passkey/")
    assert client.post("/profile/factors/passkey/", {"credential": credential, "name": "x"}).status_code == 422
    assert not Authenticator.objects.filter(type="webauthn").exists()


# --- other doors ------------------------------------------------------------------------------------------------


def test_django_admin_is_no_way_around_it(cast: Cast) -> None:
    secret, _ = user_with_app(cast.admin)
    client = Client()
    sent = {"username": "admin", "password": PASSWORD, "next": "/admin/"}
    answer = client.post("/admin/login/?next=/admin/", sent)
    assert answer.headers["Location"] == "/sign-in/?next=/admin/"
    assert client.get("/admin/").status_code == 302
    client.post("/sign-in/", sent)
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.post(SECOND, {"code": code_of(secret)}).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/").headers["Location"] == "/admin/"
    assert client.get("/admin/password_change/").headers["Location"] == "/profile/password/"
    # Whoever may not open it is told so, and not sent around in a circle.
    assert cast.client(cast.viewer).get("/admin/login/?next=/admin/").status_code == 403


def test_programs_get_no_token_for_the_password_alone(cast: Cast) -> None:
    held = Program.of(cast.viewer)
    user_with_app(cast.viewer)
    body = {"username": "viewer", "password": PASSWORD, "name": "x"}
    answer = Program("").response("POST", "tokens/", body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "second_factor_required"
    assert "token" not in answer.json()
    # Tokens that are there go on.
    assert held.response("GET", "datasets/letters/").status_code == 200
    assert Program("").response("POST", "tokens/", body | {"username": "manager"}).status_code == 201


def test_an_invitation_does_not_sign_in(cast: Cast) -> None:
    """The way to an account of one's own is for new people only."""
    user_with_app(cast.viewer)
    form = {"username": "viewer", "password1": PASSWORD, "password2": PASSWORD}
    token = members.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]
    client = Client()
    assert client.post(f"/invitations/{token}/", form).status_code == 422
    assert not is_in(client)


def test_whoever_is_deactivated_halfway_stays_out(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    client = halfway()
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    assert client.post(SECOND, {"code": code_of(secret)}).headers["Location"] == "/sign-in/"
    assert not is_in(client)


# --- changing them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["app/", "passkey/", "recovery-codes/", "1/"])
def test_a_session_left_open_changes_nothing(cast: Cast, path: str) -> None:
    client = left_open(cast.client(cast.viewer))
    methods = ("get", "post") if path in {"app/", "passkey/"} else ("post",)
    for method in methods:
        answer = getattr(client, method)(f"/profile/factors/{path}", {"code": "1", "remove": "1"})
        assert answer.headers["Location"].startswith("/profile/confirm/?next=")
    assert not Authenticator.objects.exists()


def test_one_confirms_by_password_then_by_factor(cast: Cast) -> None:
    client = left_open(cast.client(cast.viewer))
    asked = client.get("/profile/factors/app/").headers["Location"]
    assert client.post(asked, {"password": "wrong"}).status_code == 422
    assert client.post(asked, {"password": PASSWORD}).headers["Location"] == "/profile/factors/app/"
    assert AuditEvent.objects.latest("id").action == "confirmed"
    secret, _ = switch_on(client)
    left_open(client)
    pk = Authenticator.objects.get(type="totp").pk
    asked = client.post(f"/profile/factors/{pk}/", {"remove": "1"}).headers["Location"]
    # A password is not enough for whoever has more.
    assert client.post(asked, {"password": PASSWORD}).status_code == 422
    assert client.post(asked, {"code": code_of(secret)}).headers["Location"] == "/profile/"
    assert client.post(f"/profile/factors/{pk}/", {"remove": "1"}).headers["Location"] == "/profile/"
    assert not Authenticator.objects.exists()
    assert by_password()[1].headers["Location"] == "/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_confirming_leads_nowhere_else(cast: Cast, target: str) -> None:
    client = left_open(cast.client(cast.viewer))
    answer = client.post("/profile/confirm/", {"password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_confirming_is_no_way_to_guess_the_password(cast: Cast) -> None:
    client = left_open(cast.client(cast.viewer))
    for _ in range(MOST_WRONG):
        client.post("/profile/confirm/", {"password": "wrong"})
    assert client.post("/profile/confirm/", {"password": PASSWORD}).status_code == 429


def test_a_change_ends_the_other_sessions(cast: Cast) -> None:
    client, other = cast.client(cast.viewer), cast.client(cast.viewer)
    switch_on(client)
    assert is_in(client)
    assert not is_in(other)
    _, again = by_password("manager")
    third = cast.client(cast.viewer)
    client.post("/profile/factors/recovery-codes/")
    assert is_in(client)
    assert not is_in(third)
    fourth = cast.client(cast.viewer)
    client.post(f"/profile/factors/{Authenticator.objects.get(type='totp').pk}/", {"remove": "1"})
    assert is_in(client)
    assert not is_in(fourth)
    assert again.status_code == 302


def test_nobody_touches_the_factors_of_others(cast: Cast) -> None:
    user_with_app(cast.viewer)
    pk = Authenticator.objects.get(type="totp").pk
    client = cast.client(cast.admin)
    for body in ({"remove": "1"}, {"name": "x"}):
        assert client.post(f"/profile/factors/{pk}/", body).status_code == 404
    assert Authenticator.objects.filter(pk=pk).exists()


def test_there_is_one_app_and_it_proves_itself(cast: Cast) -> None:
    client = cast.client(cast.viewer)
    assert client.post("/profile/factors/app/", {"code": "000000"}).status_code == 422
    page = client.get("/profile/factors/app/")
    assert page.context["picture"].startswith("data:image/svg+xml;base64,")
    secret = page.context["secret"]
    answer = client.post("/profile/factors/app/", {"code": wrong_code(secret)})
    assert answer.status_code == 422
    assert answer.context["secret"] == secret
    assert not Authenticator.objects.exists()
    switch_on(client)
    secret = client.get("/profile/factors/app/").context["secret"]
    assert client.post("/profile/factors/app/", {"code": code_of(secret)}).status_code == 422
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_no_codes_without_a_factor(cast: Cast) -> None:
    client = cast.client(cast.viewer)
    assert client.post("/profile/factors/recovery-codes/").headers["Location"] == "/profile/"
    assert not Authenticator.objects.exists()


# --- lost phones, lost keys -------------------------------------------------------------------------------------


def test_the_sites_admin_takes_lost_factors_away(cast: Cast) -> None:
    user_with_app(cast.viewer)
    session = cast.client(cast.viewer)
    body = {"action": "take_factors_away", "_selected_action": [cast.viewer.pk, cast.manager.pk]}
    staff = User.objects.create_user("staff", is_staff=True)
    for person, status in ((staff, 403), (cast.manager, 302)):
        assert cast.client(person).post("/admin/labeling/user/", body).status_code == status
    assert Authenticator.objects.exists()
    before = AuditEvent.objects.filter(action="factors_reset").count()
    cast.client(cast.admin).post("/admin/labeling/user/", body)
    (event,) = AuditEvent.objects.filter(action="factors_reset")[before:]
    assert (event.actor, event.target, event.details) == (cast.admin, "viewer", {"factors": 1})
    assert not is_in(session)
    assert by_password()[1].headers["Location"] == "/"


def test_factors_and_links_are_looked_at_in_django_admin_not_edited(cast: Cast) -> None:
    user_with_app(cast.viewer)
    row = Authenticator.objects.get(type="totp")
    client = cast.client(cast.admin)
    for path in ("mfa/authenticator/", "socialaccount/socialaccount/"):
        assert client.get(f"/admin/{path}").status_code == 200
        assert client.get(f"/admin/{path}add/").status_code == 403
    page = client.get(f"/admin/mfa/authenticator/{row.pk}/change/")
    assert page.status_code == 200
    assert row.data["secret"] not in page.content.decode()
    assert client.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    for path in ("account/emailaddress/", "socialaccount/socialapp/", "socialaccount/socialtoken/"):
        assert client.get(f"/admin/{path}").status_code == 404


def test_the_operator_helps_the_last_admin(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    user_with_app(cast.admin)
    call_command("reset_second_factors", "admin")
    assert "1 taken away" in capsys.readouterr().out
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor, event.target) == ("factors_reset", None, "admin")
    assert by_password("admin")[1].headers["Location"] == "/"
    call_command("reset_second_factors", "admin")
    assert AuditEvent.objects.filter(action="factors_reset").count() == 1
    with pytest.raises(CommandError, match="no user"):
        call_command("reset_second_factors", "nobody")


def test_secrets_move_to_a_new_key(cast: Cast, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    secret, codes = user_with_app(cast.viewer)
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = ["n" * 16 + "ew key of the operator's", *old]
    call_command("rotate_secrets")
    assert "2 secrets are sealed" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert halfway().post(SECOND, {"code": code_of(secret)}).status_code == 302
    assert halfway().post(SECOND, {"code": codes[0]}).status_code == 302
    settings.ENCRYPTION_KEYS = ["another key that opens nothing here, alas"]
    answer = halfway().post(SECOND, {"code": code_of(secret, later=1)})
    assert answer.status_code == 422
    assert b"take your second factors away" in answer.content
    with pytest.raises(CommandError, match="second factors of viewer"):
        call_command("rotate_secrets")
