"""What a hostile link, form or neighbour cannot do: sessions, forms, headers, invitations."""

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from datasets import invitations
from datasets.models import Invitation, Membership
from tests.people import PASSWORD, Cast


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(cast: Cast, target: str) -> None:
    response = Client().post("/sign-in/", {"username": "viewer", "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/"
    response = Client().post(f"/sign-in/?next={target}", {"username": "viewer", "password": PASSWORD})
    assert response.headers["Location"] == "/"


def test_signing_in_leads_back_to_the_page_asked_for(cast: Cast) -> None:
    asked = Client().get("/datasets/letters/").headers["Location"]
    response = Client().post(asked, {"username": "viewer", "password": PASSWORD, "next": "/datasets/letters/"})
    assert response.headers["Location"] == "/datasets/letters/"


def test_the_session_has_a_new_key_after_sign_in_and_password_change(cast: Cast) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted = str(session.session_key)
    client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    signed_in = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert signed_in != planted
    other = cast.client(cast.viewer)
    assert other.get("/profile/").status_code == 200
    new = "a brand new passphrase"
    client.post("/profile/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != signed_in
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_cookies_and_headers_keep_others_out(cast: Cast) -> None:
    client = Client()
    response = client.post("/sign-in/", {"username": "viewer", "password": PASSWORD})
    cookie = response.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/datasets/letters/policy/", "/profile/tokens/", "/sign-in/", "/new-dataset/"])
def test_a_form_without_its_token_is_refused(cast: Cast, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if path != "/sign-in/":
        client.force_login(cast.admin)
    response = client.post(path, {"threshold": "0.1", "name": "x"})
    assert response.status_code == 403
    assert b"has expired" in response.content
    assert cast.dataset.policies.count() == 1


def test_a_script_of_another_site_decides_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.reviewer)
    for name in ("review_decisions", "review_undo", "review_release", "review_grid_decisions"):
        assert client.post(reverse(name, args=["letters"]), {}, content_type="application/json").status_code == 403


def invitation(cast: Cast) -> str:
    return reverse("invitation", args=[invitations.invite(dataset=cast.dataset, actor=cast.admin, role="reviewer")[1]])


def test_an_invitation_is_good_once(cast: Cast) -> None:
    path = invitation(cast)
    assert cast.client(cast.outsider).post(path).headers["Location"] == "/datasets/letters/"
    assert Membership.objects.get(user=cast.outsider).role == "reviewer"
    latecomer = User.objects.create_user("latecomer")
    assert cast.client(latecomer).post(path).status_code == 404
    assert not Membership.objects.filter(user=latecomer).exists()
    form = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(path, form).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()


def test_an_invitation_ends_by_itself(cast: Cast) -> None:
    path = invitation(cast)
    Invitation.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert cast.client(cast.outsider).get(path).status_code == 404


def test_an_invitation_lowers_nobody_and_is_kept_as_a_digest(cast: Cast) -> None:
    path = invitation(cast)
    cast.client(cast.manager).post(path)
    assert Membership.objects.get(user=cast.manager).role == "manager"
    assert path.split("/")[-2] not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize("password", ["short", "password123", "1234567890123", "newcomer99"])
def test_a_new_account_needs_a_good_password(cast: Cast, password: str) -> None:
    form = {"username": "newcomer", "password1": password, "password2": password}
    assert Client().post(invitation(cast), form).status_code == 422
    assert not User.objects.filter(username="newcomer").exists()
