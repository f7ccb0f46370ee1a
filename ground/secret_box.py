"""Secrets at rest: sealed with the first key of ENCRYPTION_KEYS, opened with any of them."""

import base64
import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from ground.errors import CountersignError


class SealBroken(CountersignError):
    """No present key opens the secret."""

    code = "seal_broken"


# Read when there is something to seal or to open: most processes never meet a secret.
fernet: Any = SimpleLazyObject(lambda: import_module("cryptography.fernet"))


def seal(text: str) -> bytes:
    """The secret as bytes that are of no use without the key."""
    sealed: bytes = _box().encrypt(text.encode())
    return sealed


def open_sealed(sealed: bytes) -> str:
    """The secret. Raises SealBroken if no present key opens it."""
    try:
        text: str = _box().decrypt(bytes(sealed)).decode()
    except fernet.InvalidToken:
        raise SealBroken(
            "The stored secret cannot be decrypted with the current encryption keys. Enter it again, or put the key "
            "that sealed it back into COUNTERSIGN_ENCRYPTION_KEYS."
        ) from None
    return text


def rotate(sealed: bytes) -> bytes:
    """The same secret sealed with the first key. Raises SealBroken if no present key opens it."""
    return seal(open_sealed(sealed))


def _box() -> Any:
    """Any random text serves as a key: its SHA-256 is what Fernet uses."""
    digests = (hashlib.sha256(key.strip().encode()).digest() for key in settings.ENCRYPTION_KEYS if key.strip())
    return fernet.MultiFernet([fernet.Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
