"""Sign-in by an OpenID Connect provider: whom it lets in, and what it is not believed."""

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import AuditEvent, User
from datasets.models import Membership
from tests.authenticator_app import code_of, user_with_app
from tests.oidc_provider import Provider, let_in
from tests.people import Cast
from tests.signing_on import BEGIN, CALLBACK, MAIL, linked, off, sign_in, vouched, who


def test_without_a_provider_there_is_no_button_and_no_address(cast: Cast) -> None:
    assert b"/sign-in/provider/" not in Client().get("/sign-in/").content
    assert Client().post(BEGIN).status_code == 404
    assert Client().get(CALLBACK, {"code": "x", "state": "x"}).status_code == 404
    assert cast.client(cast.viewer).post("/profile/provider/").status_code == 404


def test_whoever_is_linked_gets_in_and_it_is_recorded(cast: Cast, provider: Provider) -> None:
    linked(cast.viewer, provider)
    client = Client()
    assert b"Sign in with Example" in client.get("/sign-in/").content
    address = off(client, next="/datasets/letters/")
    assert "sessionid" not in client.cookies
    answer = client.get(let_in(address))
    assert answer.headers["Location"] == "/datasets/letters/"
    assert who(client) == "viewer"
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor, event.details) == ("signed_in", cast.viewer, {"by": "single sign-on"})
    assert event.address == "127.0.0.1"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(cast: Cast, provider: Provider, target: str) -> None:
    linked(cast.viewer, provider)
    assert sign_in(Client(), next=target).headers["Location"] == "/"


def test_an_address_that_both_sides_vouch_for_is_enough_once(cast: Cast, provider: Provider) -> None:
    vouched(cast.viewer, "Vera@Example.org")
    provider.person |= {"email": "VERA@example.org"}
    client = Client()
    sign_in(client)
    assert who(client) == "viewer"
    assert [event.action for event in AuditEvent.objects.all()[:2]] == ["signed_in", "identity_linked"]
    # The provider gives the address to somebody else.
    provider.person |= {"sub": "subject-2"}
    newcomer = Client()
    assert sign_in(newcomer).status_code == 403
    assert who(newcomer) == ""
    # And whoever is linked stays so under another address.
    provider.person = {"sub": "subject-1", "email": "vera@married.example"}
    sign_in(again := Client())
    assert who(again) == "viewer"


@pytest.mark.parametrize("verified", [False, None, "true", 1, "yes"])
def test_an_address_that_the_provider_does_not_vouch_for_takes_nothing_over(
    cast: Cast, provider: Provider, verified: Any
) -> None:
    vouched(cast.admin)
    provider.person |= {"email": MAIL, "email_verified": verified}
    client = Client()
    answer = sign_in(client)
    assert answer.status_code == 403
    assert b"No user here is linked" in answer.content
    assert who(client) == ""
    assert not SocialAccount.objects.exists()


def test_an_address_that_somebody_typed_into_their_profile_catches_nobody(cast: Cast, provider: Provider) -> None:
    """Else who enters somebody's address waits for them to work in a strange account."""
    vouched(cast.viewer, "before@example.org")
    cast.client(cast.viewer).post("/profile/", {"time_zone": "UTC", "email": MAIL})
    assert User.objects.get(pk=cast.viewer.pk).email == MAIL
    assert not EmailAddress.objects.exists()
    provider.person |= {"email": MAIL}
    assert sign_in(Client()).status_code == 403


def test_the_sites_admin_vouches_in_django_admin(cast: Cast, provider: Provider) -> None:
    form = {"username": "viewer", "is_active": "on", "email": MAIL, "time_zone": "UTC",
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    answer = cast.client(cast.admin).post(f"/admin/accounts/user/{cast.viewer.pk}/change/", form)
    assert answer.status_code == 302
    provider.person |= {"email": MAIL}
    sign_in(client := Client())
    assert who(client) == "viewer"


def test_nobody_is_made_unless_the_operator_says_so(cast: Cast, provider: Provider, settings: Any) -> None:
    provider.person |= {"email": MAIL, "preferred_username": "viewer", "given_name": "Vera", "family_name": "Nova"}
    before = User.objects.count()
    assert sign_in(Client()).status_code == 403
    assert User.objects.count() == before
    settings.OIDC_SIGN_UP = True
    sign_in(client := Client())
    assert who(client) == "viewer2"
    made = User.objects.get(username="viewer2")
    assert (made.is_staff, made.is_superuser, made.has_usable_password()) == (False, False, False)
    assert (made.email, made.get_full_name()) == (MAIL, "Vera Nova")
    assert not Membership.objects.filter(user=made).exists()
    assert client.get("/datasets/letters/").status_code == 404
    sign_in(again := Client())
    assert who(again) == "viewer2"
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))[-4:]
    assert actions == ["user_changed", "identity_linked", "signed_in", "signed_in"]


def test_a_deactivated_account_stays_shut(cast: Cast, provider: Provider, settings: Any) -> None:
    linked(cast.viewer, provider)
    User.objects.filter(pk=cast.viewer.pk).update(is_active=False)
    settings.OIDC_SIGN_UP = True
    answer = sign_in(Client())
    assert answer.status_code == 403
    assert b"deactivated" in answer.content


def test_the_second_factor_is_asked_for_here_too(cast: Cast, provider: Provider) -> None:
    secret, _ = user_with_app(linked(cast.viewer, provider))
    client = Client()
    assert sign_in(client, next="/datasets/letters/").headers["Location"] == "/sign-in/second-factor/"
    assert who(client) == ""
    answer = client.post("/sign-in/second-factor/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/datasets/letters/"
    assert AuditEvent.objects.latest("id").details == {"by": "single sign-on and authenticator app"}


def test_one_links_and_unlinks_ones_account(cast: Cast, provider: Provider) -> None:
    client = cast.client(cast.viewer)
    assert b"Link Example" in client.get("/profile/").content
    assert sign_in(client, "/profile/provider/").headers["Location"] == "/profile/"
    sign_in(other := Client())
    assert who(other) == "viewer"
    row = SocialAccount.objects.get(user=cast.viewer)
    assert cast.client(cast.manager).post(f"/profile/provider/{row.pk}/unlink/").status_code == 404
    client.post(f"/profile/provider/{row.pk}/unlink/")
    assert sign_in(Client()).status_code == 403
    assert {"identity_linked", "identity_unlinked"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_linking_asks_who_one_is(cast: Cast, provider: Provider) -> None:
    client = cast.client(cast.viewer)
    session = client.session
    session["confirmed_at"] = time.time() - 3600
    session.save()
    assert client.post("/profile/provider/").headers["Location"] == "/profile/confirm/?next=%2Fprofile%2F"
    assert provider.asked == []


def test_an_account_of_the_provider_opens_one_account_here(cast: Cast, provider: Provider) -> None:
    linked(cast.manager, provider)
    client = cast.client(cast.viewer)
    answer = sign_in(client, "/profile/provider/")
    assert answer.status_code == 403
    assert b"linked to another user" in answer.content
    provider.person["sub"] = "subject-2"
    linked(cast.viewer, provider, "subject-3")
    assert b"unlink it first" in sign_in(client, "/profile/provider/").content


def test_what_one_began_somebody_else_does_not_end(cast: Cast, provider: Provider) -> None:
    client = cast.client(cast.viewer)
    back = let_in(off(client, "/profile/provider/"))
    client.force_login(cast.manager)
    session = client.session
    assert client.get(back).status_code == 403
    assert not SocialAccount.objects.exists()
    assert session.get("_auth_user_id") == str(cast.manager.pk)


def test_the_only_way_in_is_kept(cast: Cast, provider: Provider) -> None:
    row = SocialAccount.objects.create(user=cast.viewer, provider=provider.issuer, uid="subject-1")
    cast.viewer.set_unusable_password()
    cast.viewer.save()
    sign_in(client := Client())
    client.post(f"/profile/provider/{row.pk}/unlink/")
    assert SocialAccount.objects.filter(pk=row.pk).exists()
