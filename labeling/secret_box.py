"""Secrets at rest: sealed with the first key of ENCRYPTION_KEYS, opened with any of them."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from labeling.errors import PermanentLabelerError


def seal(text: str) -> bytes:
    """The secret as bytes that are of no use without the key."""
    return _box().encrypt(text.encode())


def open_sealed(sealed: bytes) -> str:
    """The secret. Raises PermanentLabelerError if no present key opens it."""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise PermanentLabelerError(
            "The stored secret cannot be opened with the present encryption keys. Enter it again, or put the key "
            "that sealed it back into COUNTERSIGN_ENCRYPTION_KEYS.",
            kind="unauthorized",
        ) from None


def rotate(sealed: bytes) -> bytes:
    """The same secret sealed with the first key. Raises PermanentLabelerError if no present key opens it."""
    return seal(open_sealed(sealed))


def _box() -> MultiFernet:
    """Any random text serves as a key: its SHA-256 is what Fernet uses."""
    digests = (hashlib.sha256(key.strip().encode()).digest() for key in settings.ENCRYPTION_KEYS if key.strip())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
