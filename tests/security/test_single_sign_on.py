"""Sign-in by an OpenID Connect provider: whom it lets in, and what it is not believed."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization
from django.test import Client

from labeling import identities, identity_provider
from labeling.models import AuditEvent, Membership, User
from labeling.views import single_sign_on
from tests import oidc_provider
from tests.authenticator_app import code_of, user_with_app
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Claims, Provider, let_in
from tests.people import Cast

BEGIN, CALLBACK = "/sign-in/provider/", "/sign-in/provider/callback/"
MAIL = "vera@example.org"


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with oidc_provider.running() as running:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = running.issuer, CLIENT_ID
        settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME, settings.OIDC_SIGN_UP = CLIENT_SECRET, "Example", False
        single_sign_on._known.cache_clear()
        yield running


def linked(user: User, provider: Provider, subject: str = "subject-1") -> User:
    SocialAccount.objects.create(user=user, provider=provider.issuer, uid=subject)
    return user


def vouched(user: User, email: str = MAIL) -> User:
    """The site's admin has entered the address."""
    user.email = email
    user.save()
    identities.vouch_for_email(user=user)
    return user


def off(client: Client, path: str = BEGIN, **body: str) -> str:
    """Where the product sends the browser."""
    answer = client.post(path, body)
    assert answer.status_code == 200, answer.content
    return str(answer.context["address"])


def sign_in(client: Client, path: str = BEGIN, **body: str) -> Any:
    """There and back again."""
    return client.get(let_in(off(client, path, **body)))


def who(client: Client) -> str:
    page = client.get("/profile/")
    return str(page.context["user"]) if page.status_code == 200 else ""


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
    before = client.cookies["sessionid"].value
    answer = client.get(let_in(address))
    assert answer.headers["Location"] == "/datasets/letters/"
    assert client.cookies["sessionid"].value != before
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
    assert b"Nobody here is known" in answer.content
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
    answer = cast.client(cast.admin).post(f"/admin/labeling/user/{cast.viewer.pk}/change/", form)
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


# --- linking on the profile -------------------------------------------------------------------------------------


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
    assert b"linked to somebody else" in answer.content
    provider.person["sub"] = "subject-2"
    linked(cast.viewer, provider, "subject-3")
    assert b"unlink that one first" in sign_in(client, "/profile/provider/").content


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


# --- what is not believed ---------------------------------------------------------------------------------------


def refused(client: Client, back: str, provider: Provider, says: str = "") -> None:
    before = AuditEvent.objects.count()
    answer = client.get(back)
    assert answer.status_code == 403
    assert says in answer.content.decode()
    assert who(client) == ""
    event = AuditEvent.objects.latest("id")
    assert AuditEvent.objects.count() == before + 1
    assert (event.action, event.details["by"]) == ("sign_in_failed", "single sign-on")
    for secret in (CLIENT_SECRET, *provider.codes):
        assert secret not in answer.content.decode()


def test_an_answer_belongs_to_the_browser_that_asked_and_counts_once(cast: Cast, provider: Provider) -> None:
    linked(cast.viewer, provider)
    client, other = Client(), Client()
    back = let_in(off(client))
    off(other)
    refused(other, back, provider, "was not begun in this browser")
    client.get(back)
    assert who(client) == "viewer"
    client.post("/sign-out/")
    refused(client, back, provider, "was not begun in this browser")
    for query in ("", "?state=", "?code=x", "?state=x&code=x", "?state=%00&code=%00"):
        refused(Client(), CALLBACK + query, provider)


def test_an_answer_that_comes_late_is_not_taken(cast: Cast, provider: Provider, monkeypatch: Any) -> None:
    linked(cast.viewer, provider)
    client = Client()
    back = let_in(off(client))
    monkeypatch.setattr(single_sign_on, "PATIENCE_SECONDS", -1)
    refused(client, back, provider, "took too long")


def test_the_providers_error_is_shown_as_a_word_at_most(cast: Cast, provider: Provider) -> None:
    for error, shown in (("access_denied", "access_denied"), ("<b>call+this+number", "unknown error")):
        client = Client()
        state = off(client).partition("state=")[2].partition("&")[0]
        refused(client, f"{CALLBACK}?state={state}&error={error}&error_description=evil", provider, shown)


def lying(**lies: Any) -> Callable[[Provider], None]:
    return lambda provider: provider.lies.update(lies)


def signing(sign: Callable[[Claims], str]) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "sign", sign)


def answering(path: str, answer: oidc_provider.Answer | None) -> Callable[[Provider], None]:
    return lambda provider: provider.instead.update({path: answer})


def signing_with(key: str = "k1", kid: str = "k1") -> Callable[[Provider], None]:
    return signing(lambda said: jwt.encode(said, oidc_provider.key(key), algorithm="RS256", headers={"kid": kid}))


def with_the_public_key_as_password(claims: Claims) -> str:
    """HMAC over what everybody can read: PyJWT itself refuses to make it."""
    public = oidc_provider.key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hmac_signed(claims, pem)


def hmac_signed(claims: Claims, secret: bytes) -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    said = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{said}.{part(hmac.digest(secret, said.encode(), hashlib.sha256))}"


JSON = "application/json"
LIES: dict[str, Callable[[Provider], None]] = {
    "another issuer": lying(iss="https://evil.example"),
    "another client": lying(aud="somebody-else"),
    "another party": lying(aud=[CLIENT_ID, "else"], azp="else"),
    "another nonce": lying(nonce="x"),
    "no nonce": lying(nonce=None),
    "expired": lying(exp=int(time.time()) - 3600),
    "from the future": lying(iat=int(time.time()) + 36_000, nbf=int(time.time()) + 36_000),
    "no end": lying(exp=None),
    "nobody": lying(sub=None),
    "an empty name": lying(sub=""),
    "a number": lying(sub=7),
    "a NUL": lying(sub="a\0b"),
    "too long a name": lying(sub="x" * 192),
    "no signature": signing(lambda claims: jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"})),
    "a strange key": signing_with(key="other"),
    "an unknown key": signing_with(kid="x"),
    "the secret as key": signing(lambda claims: hmac_signed(claims, CLIENT_SECRET.encode())),
    "the public key as key": signing(with_the_public_key_as_password),
    "no token": signing(lambda claims: ""),
    "nonsense": signing(lambda claims: "a.b.c"),
    "an error of the server": answering("/token", (500, JSON, b"{}")),
    "a page": answering("/token", (200, "text/html", b"<p>Sorry")),
    "a list": answering("/token", (200, JSON, b"[]")),
    "elsewhere": answering("/token", (302, JSON, b"{}")),
    "too much": answering("/token", (200, JSON, b" " * 400_000)),
    "no keys": answering("/jwks", (200, JSON, b'{"keys": []}')),
    "strange keys": answering("/jwks", (200, JSON, b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}, 7]}')),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_lets_nobody_in(cast: Cast, provider: Provider, lie: str) -> None:
    linked(cast.viewer, provider)
    LIES[lie](provider)
    client = Client()
    refused(client, let_in(off(client)), provider)
    assert "/elsewhere" not in provider.asked


def test_a_provider_that_hangs_is_not_waited_for(cast: Cast, provider: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr(identity_provider, "READ_SECONDS", 0.2)
    provider.instead["/token"] = None
    client = Client()
    back = let_in(off(client))
    begun = time.monotonic()
    refused(client, back, provider, "does not answer")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "data:text/html,x"},
    ],
)
def test_a_discovery_document_that_lies_leads_nowhere(cast: Cast, provider: Provider, metadata: Claims) -> None:
    provider.metadata = metadata
    answer = Client().post(BEGIN)
    assert answer.status_code == 403
    assert b"evil" not in answer.content or b"calls itself" in answer.content


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]", "127.0.0.1:1"])
def test_a_provider_leads_to_no_inner_address(cast: Cast, provider: Provider, host: str) -> None:
    provider.metadata = {"token_endpoint": f"http://{host}/token"}
    client = Client()
    refused(client, let_in(off(client)), provider, "not a public address")


def test_a_provider_that_is_down_is_asked_once(cast: Cast, provider: Provider) -> None:
    provider.instead["/.well-known/openid-configuration"] = (503, JSON, b"{}")
    for _ in range(3):
        assert Client().post(BEGIN).status_code == 403
    assert len(provider.asked) == 1


def test_its_documents_are_kept_and_new_keys_found(cast: Cast, provider: Provider, monkeypatch: Any) -> None:
    linked(cast.viewer, provider)
    for _ in range(2):
        sign_in(Client())
    assert provider.asked.count("/jwks") == provider.asked.count("/.well-known/openid-configuration") == 1
    monkeypatch.setattr(identity_provider, "_OLD_ENOUGH_SECONDS", 0)
    provider.key_id = "k2"
    sign_in(client := Client())
    assert who(client) == "viewer"
    assert provider.asked.count("/jwks") == 2


def test_user_info_is_asked_for_what_the_token_leaves_out(cast: Cast, provider: Provider) -> None:
    vouched(cast.viewer)
    provider.person = {"sub": "subject-1"}
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.userinfo = {"sub": "subject-2", "email": MAIL, "email_verified": True}
    client = Client()
    refused(client, let_in(off(client)), provider, "somebody else")
    provider.userinfo["sub"] = "subject-1"
    sign_in(client)
    assert who(client) == "viewer"
