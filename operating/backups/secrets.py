"""Secrets that belong to the data, identified by fingerprints.
Database passwords belong to the server, not to its data: they are never restored."""

import hashlib

from django.conf import settings

# Files of <home>/secrets without which the data loses some or all of its use.
OF_THE_DATA = ("secret_key", "encryption_keys")


def fingerprints() -> dict[str, list[str]]:
    """The first 16 hex digits of the SHA-256 of every secret in use, by name."""
    keys = [key.strip() for key in settings.ENCRYPTION_KEYS if key.strip()]
    used = {"secret_key": [settings.SECRET_KEY], "encryption_keys": keys}
    return {name: [fingerprint(one) for one in values] for name, values in used.items()}


def fingerprint(secret: str) -> str:
    """Of one secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
