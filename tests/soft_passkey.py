"""A passkey without a device: what a browser would send, for a name of the server that browsers trust."""

import base64
import hashlib
import json
import os
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import cbor
from fido2.cose import ES256
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from accounts.models import User

HOST = "localhost"
PASSKEY = "/sign-in/passkey/"


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SoftPasskey:
    """The user's, kept here as one that was added on the profile."""

    def __init__(self, user: User) -> None:
        self.key, self.credential_id = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.handle = text(user_pk_to_url_str(user).encode())
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AuthenticatorData.create(
            hashlib.sha256(HOST.encode()).digest(),
            AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT,
            0,
            AttestedCredentialData.create(b"\0" * 16, self.credential_id, public),
        )
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        response = {"clientDataJSON": text(self._told("create", "")), "attestationObject": text(made)}
        Authenticator.objects.create(
            user=user, type="webauthn", data={"name": "Soft", "credential": self._credential(response)}
        )

    def answer(self, asked: dict[str, Any]) -> str:
        """The credential for a form, for the question that the server asked."""
        told = self._told("get", asked["publicKey"]["challenge"])
        data = AuthenticatorData.create(
            hashlib.sha256(HOST.encode()).digest(), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV, 0
        )
        signed = self.key.sign(bytes(data) + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text(told),
            "authenticatorData": text(bytes(data)),
            "signature": text(signed),
            "userHandle": self.handle,
        }
        return json.dumps(self._credential(response))

    def _told(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": f"http://{HOST}"}).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = text(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def at_the_door() -> Client:
    """A browser that calls the server by the name that passkeys need."""
    return Client(SERVER_NAME=HOST)
