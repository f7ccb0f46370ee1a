"""What an identity provider is not believed, and where it does not lead."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client

from accounts.models import AuditEvent
from accounts.sign_in import tickets
from accounts.single_sign_on import provider as identity_provider
from tests import oidc_provider
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Claims, Provider, let_in
from tests.people import Cast
from tests.signing_on import BEGIN, CALLBACK, MAIL, linked, off, sign_in, vouched, who


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
    refused(other, back, provider, "was not started in this browser")
    client.get(back)
    assert who(client) == "viewer"
    client.post("/sign-out/")
    refused(client, back, provider, "was not started in this browser")
    for query in ("", "?state=", "?code=x", "?state=x&code=x", "?state=%00&code=%00"):
        refused(Client(), CALLBACK + query, provider)


def test_an_answer_that_comes_late_is_not_taken(cast: Cast, provider: Provider, monkeypatch: Any) -> None:
    linked(cast.viewer, provider)
    client = Client()
    back = let_in(off(client))
    # A later beginning in the same browser makes the earlier one no younger.
    begun = time.time()
    monkeypatch.setattr(tickets.time, "time", lambda: begun + 0.9 * tickets.GOOD_SECONDS)
    off(client)
    monkeypatch.setattr(tickets.time, "time", lambda: begun + tickets.GOOD_SECONDS + 60)
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
    refused(client, back, provider, "did not respond")
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
    assert b"evil" not in answer.content or b"states the issuer" in answer.content


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
    refused(client, let_in(off(client)), provider, "another user")
    provider.userinfo["sub"] = "subject-1"
    sign_in(client)
    assert who(client) == "viewer"
