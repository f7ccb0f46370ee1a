"""A real OpenID Connect provider on 127.0.0.1: it checks what a provider checks, and lies where a test tells it to."""

import base64
import hashlib
import html
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.http_server import QuietHandler, serving

CLIENT_ID, CLIENT_SECRET = "countersign", "s3cret/with:odd chars"
# What is sent back: status, content type, body. None: nothing, until the caller hangs up.
Answer = tuple[int, str, bytes]
Claims = dict[str, Any]


@cache
def key(name: str = "k1") -> rsa.RSAPrivateKey:
    """A key of that name, made by the first test that needs it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """The server: who signs in there, and what it does otherwise than it should."""

    port: int = 0
    person: Claims = field(default_factory=lambda: {"sub": "subject-1", "email": "", "email_verified": True})
    lies: Claims = field(default_factory=dict)
    sign: Callable[[Claims], str] | None = None
    key_id: str = "k1"
    metadata: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    # Path -> what comes in place of the right answer.
    instead: dict[str, Answer | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def discovery(self) -> Claims:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in names.items()} | self.metadata

    def jwks(self) -> Claims:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(self.key_id).public_key()))
        return {"keys": [public | {"kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def signed(self, claims: Claims) -> str:
        return jwt.encode(claims, key(self.key_id), algorithm="RS256", headers={"kid": self.key_id})

    def authorize(self, query: dict[str, str]) -> Answer:
        """A page on which the person lets themselves in."""
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
        assert (query["code_challenge_method"], "openid" in query["scope"].split()) == ("S256", True)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        head = '<!doctype html><title>Provider</title><link rel="icon" href="data:,">'
        page = f'{head}<a href="{html.escape(back)}">Let me in</a>'
        return 200, "text/html", page.encode()

    def token(self, form: dict[str, str], authorization: str) -> Answer:
        """Tokens for a code, once, for the client that can show the verifier."""
        query = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        name, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        right = (
            query is not None
            and query["code_challenge"] == challenge
            and query["redirect_uri"] == form["redirect_uri"]
            and (name, parse_qs(f"p={password}")["p"][0]) == (CLIENT_ID, CLIENT_SECRET)
        )
        if query is None or not right:
            return 400, "application/json", b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        claims = {k: v for k, v in (claims | self.person | self.lies).items() if v is not None}
        body = {"access_token": "access", "token_type": "Bearer", "id_token": (self.sign or self.signed)(claims)}
        return 200, "application/json", json.dumps(body).encode()


@contextmanager
def running() -> Iterator[Provider]:
    """A running provider; hanging answers end with it."""
    provider, over = Provider(), threading.Event()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            documents = {
                "/.well-known/openid-configuration": provider.discovery,
                "/jwks": provider.jwks,
                "/userinfo": lambda: provider.userinfo,
            }
            if parts.path == "/authorize":
                self._send(parts.path, lambda: provider.authorize(query))
            else:
                found = documents[parts.path]
                self._send(parts.path, lambda: (200, "application/json", json.dumps(found()).encode()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(self.path, lambda: provider.token(form, self.headers.get("Authorization", "")))

        def _send(self, path: str, right: Callable[[], Answer]) -> None:
            provider.asked.append(path)
            answer = provider.instead[path] if path in provider.instead else right()
            if answer is None:
                over.wait(20)
                return
            status, kind, body = answer
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if 300 <= status < 400:
                self.send_header("Location", f"{provider.issuer}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler, let_go=over.set) as provider.port:
        yield provider


def let_in(authorize_url: str) -> str:
    """Go to the provider as a person would; the path and query with which the browser comes back."""
    with build_opener(ProxyHandler({})).open(authorize_url, timeout=10) as response:
        page = response.read().decode()
    match = re.search(r'<a href="([^"]+)"', page)
    assert match
    parts = urlsplit(html.unescape(match[1]))
    return f"{parts.path}?{parts.query}"
