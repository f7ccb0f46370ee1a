"""OpenID Connect client for the operator's identity provider, with verification of its answers.
allauth's own client does not verify the signature, the nonce or the addresses it calls; this one does. It calls by the
rules of `ground.network.outbound`, with the issuer's own host allowed as well."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from django.utils.functional import SimpleLazyObject

from ground.errors import CountersignError
from ground.json_values import parse_request

# Imported on first use: most installations have no provider.
jwt: Any = SimpleLazyObject(lambda: import_module("jwt"))

# Asymmetric signatures only. Neither "none" nor HMAC, whose key would be the client's secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
_MAX_BODY = 300_000
# Allowed clock skew.
_LEEWAY = 60
_KEEP_SECONDS = 600
# Pause after a failure: each call to a provider that is down blocks a thread of the web server.
_KEEP_FAILURE_SECONDS = 10
# Keys are fetched again when a token names an unknown one, at most this often.
_OLD_ENOUGH_SECONDS = 30


class ProviderFailed(CountersignError):
    """The provider did not respond, or its answer is invalid; nobody is signed in."""

    code = "provider_failed"


@dataclass(frozen=True, slots=True)
class Claims:
    """The provider's claims about a user. `subject` is permanent; the e-mail address counts only if verified."""

    subject: str
    email: str = ""
    email_verified: bool = False
    username: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    document: dict[str, Any]
    failure: str = ""


@dataclass(slots=True)
class Provider:
    """One issuer, and the client registered there. Caches its documents for some minutes."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    _documents: dict[str, _Kept] = field(default_factory=dict, repr=False)

    def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """The address that the browser is redirected to. Raises ProviderFailed."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def claims(self, *, code: str, redirect_uri: str, verifier: str, nonce: str) -> Claims:
        """The claims for an authorization code. Raises ProviderFailed."""
        tokens = self._exchange(code, redirect_uri, verifier)
        claims = self._verified(str(tokens.get("id_token", "")), nonce)
        access_token = tokens.get("access_token")
        if "email" not in claims and access_token and self._metadata().get("userinfo_endpoint"):
            more = self._ask("GET", self._endpoint("userinfo_endpoint"), bearer=str(access_token))
            if more.get("sub") != claims["sub"]:
                raise ProviderFailed("The identity provider's user info is for another user.")
            claims = more | claims
        return _claims(claims)

    def _exchange(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        basic = None
        ways = self._metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.client_secret and "client_secret_basic" in ways:
            basic = (quote_plus(self.client_id), quote_plus(self.client_secret))
        else:
            form["client_id"] = self.client_id
            if self.client_secret:
                form["client_secret"] = self.client_secret
        return self._ask("POST", self._endpoint("token_endpoint"), form=form, basic=basic)

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that this provider signed, valid now, for this client and this sign-in."""
        try:
            header = jwt.get_unverified_header(id_token)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(header.get("kid")),
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise ProviderFailed(f"The identity provider's token is not valid: {error}.") from None
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ProviderFailed("The identity provider's token belongs to another sign-in.")
        if claims.get("azp", self.client_id) != self.client_id:
            raise ProviderFailed("The identity provider's token is for another client.")
        return claims

    def _key(self, kid: Any) -> Any:
        address = self._endpoint("jwks_uri")
        found = _named_key(self._document(address), kid)
        if found is None and time.monotonic() - self._documents[address].at > _OLD_ENOUGH_SECONDS:
            found = _named_key(self._document(address, fresh=True), kid)
        if found is None:
            raise jwt.InvalidKeyError("no key of the provider has that name")
        return found

    def _metadata(self) -> dict[str, Any]:
        found = self._document(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise ProviderFailed(f"The identity provider states the issuer {str(found.get('issuer'))[:200]!r}.")
        return found

    def _endpoint(self, name: str) -> str:
        address = self._metadata().get(name)
        if not isinstance(address, str) or urlsplit(address).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise ProviderFailed(f"The identity provider's {name} is missing or does not use HTTPS.")
        return address

    def _document(self, address: str, *, fresh: bool = False) -> dict[str, Any]:
        kept = self._documents.get(address)
        age = time.monotonic() - kept.at if kept else 0.0
        if kept is None or fresh or age > (_KEEP_FAILURE_SECONDS if kept.failure else _KEEP_SECONDS):
            try:
                kept = _Kept(time.monotonic(), self._ask("GET", address))
            except ProviderFailed as error:
                kept = _Kept(time.monotonic(), {}, error.message)
            self._documents[address] = kept
        if kept.failure:
            raise ProviderFailed(kept.failure)
        return kept.document

    def _ask(
        self,
        method: str,
        address: str,
        *,
        form: dict[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        bearer: str = "",
    ) -> dict[str, Any]:
        import httpx2  # noqa: PLC0415 - see above

        from ground.network.outbound import (  # noqa: PLC0415
            AnswerRefused,
            OutboundRefused,
            allowed_hosts,
            outbound_client,
        )

        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        allow = allowed_hosts() | {_pair(self.issuer)}
        try:
            with outbound_client(
                allow=allow, max_body=_MAX_BODY, read_seconds=READ_SECONDS, total_seconds=TOTAL_SECONDS
            ) as client:
                response = client.request(method, address, headers=headers, data=form, auth=basic)
                found = parse_request(response.content)
        except (OutboundRefused, AnswerRefused) as error:
            raise ProviderFailed(f"The identity provider cannot be reached: {error.message}") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProviderFailed(f"The identity provider did not respond ({type(error).__name__}).") from None
        except ValueError:
            raise ProviderFailed(f"The identity provider answered {response.status_code} without JSON.") from None
        if response.status_code != 200 or not isinstance(found, dict):
            raise ProviderFailed(f"The identity provider answered {response.status_code}.")
        return found


def _pair(address: str) -> str:
    """host:port of a URL, in the form of OUTBOUND_ALLOW."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or (80 if parts.scheme == 'http' else 443)}"


def _named_key(document: dict[str, Any], kid: Any) -> Any | None:
    """The key with that id; for a token without one, the only key."""
    keys = [key for key in jwt.PyJWKSet.from_dict(document).keys if key.public_key_use in {None, "sig"}]
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == kid), None)


def _claims(told: dict[str, Any]) -> Claims:
    def text(name: str, longest: int) -> str:
        value = told.get(name)
        return value.replace("\x00", "").strip()[:longest] if isinstance(value, str) else ""

    subject = told.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 191 or "\x00" in subject:
        raise ProviderFailed("The identity provider's token names no user.")
    return Claims(
        subject=subject,
        email=text("email", 254).lower(),
        email_verified=told.get("email_verified") is True,
        username=text("preferred_username", 150),
        first_name=text("given_name", 150),
        last_name=text("family_name", 150),
    )
