"""Who changes second factors, what that ends, and what helps whoever has lost theirs."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, User
from accounts.sign_in.throttling import MOST_WRONG
from tests.authenticator_app import code_of, switch_on, user_with_app, wrong_code
from tests.halfway import SECOND, by_password, halfway, is_in, left_open
from tests.people import PASSWORD, Cast


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


def test_the_sites_admin_takes_lost_factors_away(cast: Cast) -> None:
    user_with_app(cast.viewer)
    session = cast.client(cast.viewer)
    body = {"action": "take_factors_away", "_selected_action": [cast.viewer.pk, cast.manager.pk]}
    staff = User.objects.create_user("staff", is_staff=True)
    for person, status in ((staff, 403), (cast.manager, 302)):
        assert cast.client(person).post("/admin/accounts/user/", body).status_code == status
    assert Authenticator.objects.exists()
    before = AuditEvent.objects.filter(action="factors_reset").count()
    cast.client(cast.admin).post("/admin/accounts/user/", body)
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
    assert "1 removed" in capsys.readouterr().out
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
    assert "2 secrets are encrypted" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert halfway().post(SECOND, {"code": code_of(secret)}).status_code == 302
    assert halfway().post(SECOND, {"code": codes[0]}).status_code == 302
    settings.ENCRYPTION_KEYS = ["another key that opens nothing here, alas"]
    answer = halfway().post(SECOND, {"code": code_of(secret, later=1)})
    assert answer.status_code == 422
    assert b"remove your second factors" in answer.content
    with pytest.raises(CommandError, match="second factors of viewer"):
        call_command("rotate_secrets")
