"""Second factors: what a password alone no longer opens, guesses, lost phones, and sessions that end."""

import base64
import json

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.sign_in import throttling
from accounts.sign_in.throttling import MOST_WRONG
from datasets import invitations
from tests.api.program import Program
from tests.authenticator_app import code_of, switch_on, user_with_app, wrong_code
from tests.halfway import SECOND, halfway, is_in
from tests.people import PASSWORD, Cast


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
    assert "8 recovery codes left" in page
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
    monkeypatch.setattr(throttling, "COOL_OFF_SECONDS", 0)
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
    token = invitations.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]
    client = Client()
    assert client.post(f"/invitations/{token}/", form).status_code == 422
    assert not is_in(client)


def test_whoever_is_deactivated_halfway_stays_out(cast: Cast) -> None:
    secret, _ = user_with_app(cast.viewer)
    client = halfway()
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    assert client.post(SECOND, {"code": code_of(secret)}).headers["Location"] == "/sign-in/"
    assert not is_in(client)
