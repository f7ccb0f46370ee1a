"""Encryption of stored secrets: with the first of ENCRYPTION_KEYS; decryption with any of them."""

import base64
import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from ground.errors import CountersignError


class SealBroken(CountersignError):
    """No current key decrypts the secret."""

    code = "seal_broken"


# Imported on first use: most processes never handle a secret.
fernet: Any = SimpleLazyObject(lambda: import_module("cryptography.fernet"))


def seal(text: str) -> bytes:
    """The secret, encrypted."""
    sealed: bytes = _box().encrypt(text.encode())
    return sealed


def open_sealed(sealed: bytes) -> str:
    """The secret. Raises SealBroken if no current key decrypts it."""
    try:
        text: str = _box().decrypt(bytes(sealed)).decode()
    except fernet.InvalidToken:
        raise SealBroken(
            "The stored secret cannot be decrypted with the current encryption keys. Enter it again, or put the key "
            "that sealed it back into COUNTERSIGN_ENCRYPTION_KEYS."
        ) from None
    return text


def rotate(sealed: bytes) -> bytes:
    """The secret, encrypted again with the first key. Raises SealBroken if no current key decrypts it."""
    return seal(open_sealed(sealed))


def _box() -> Any:
    """Any random text works as a key: Fernet gets its SHA-256."""
    digests = (hashlib.sha256(key.strip().encode()).digest() for key in settings.ENCRYPTION_KEYS if key.strip())
    return fernet.MultiFernet([fernet.Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
