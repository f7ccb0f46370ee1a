"""The secrets that belong to the data, told apart by fingerprints.

The passwords of the database belong to the server that runs it, not to what is in it: they are never put back.
"""

import hashlib

from django.conf import settings

# Files of <home>/secrets that the data is of no use, or of less use, without.
OF_THE_DATA = ("secret_key", "encryption_keys")


def fingerprints() -> dict[str, list[str]]:
    """The first 16 hex digits of the SHA-256 of every secret in use, by name: they tell secrets apart, no more."""
    keys = [key.strip() for key in settings.ENCRYPTION_KEYS if key.strip()]
    used = {"secret_key": [settings.SECRET_KEY], "encryption_keys": keys}
    return {name: [fingerprint(one) for one in values] for name, values in used.items()}


def fingerprint(secret: str) -> str:
    """Of one secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
