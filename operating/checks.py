"""System checks of the settings; every message has a remedy. Run by `manage.py check` and at each start."""

import base64
import binascii
import ipaddress
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# Shorter secrets can be guessed.
SHORTEST_SECRET = 32
# Maximum length of an issuer in the table of linked accounts.
LONGEST_ISSUER = 200


@register(Tags.security)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """All checks of this module."""
    return [*_hosts(), *_encryption(), *_numbers(), *_addresses(), *_tokens(), *_identity_provider(), *_mail()]


def _hosts() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if any(host.strip() == "*" for host in settings.ALLOWED_HOSTS):
        found.append(
            Error(
                "ALLOWED_HOSTS allows every name: a forged Host header could end up in invitation links.",
                hint="List the hosts: ALLOWED_HOSTS=label.example.org,127.0.0.1",
                id="countersign.E001",
            )
        )
    if not _is_loopback(settings.HOST) and not settings.SESSION_COOKIE_SECURE:
        found.append(
            Warning(
                f"HOST={settings.HOST} serves other machines over plain HTTP: passwords can be read on the way.",
                hint="Put an HTTPS proxy in front and set COUNTERSIGN_HTTPS=1 and COUNTERSIGN_BEHIND_PROXY=1.",
                id="countersign.W001",
            )
        )
    if settings.DEBUG and not _is_loopback(settings.HOST):
        found.append(
            Error(
                "COUNTERSIGN_DEBUG shows settings and source to everybody who can reach the server.",
                hint="Unset COUNTERSIGN_DEBUG, or HOST.",
                id="countersign.E002",
            )
        )
    return found


def _encryption() -> list[CheckMessage]:
    keys = [key.strip() for key in settings.ENCRYPTION_KEYS]
    if keys and all(_is_strong(key) for key in keys):
        return []
    return [
        Error(
            f"COUNTERSIGN_ENCRYPTION_KEYS must be keys of at least {SHORTEST_SECRET} random characters, "
            "separated by commas.",
            hint='Create one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
            id="countersign.E003",
        )
    ]


def _is_strong(key: str) -> bool:
    """A Fernet key, or random text that one is derived from."""
    if len(key) >= SHORTEST_SECRET and len(set(key)) > 8:
        return True
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def _numbers() -> list[CheckMessage]:
    lowest = {"LEASE_SECONDS": 3, "SWEEP_SECONDS": 1, "CLAIM_SECONDS": 30, "IMPORT_MAX_BYTES": 1_000, "PORT": 1}
    return [
        Error(
            f"{name} must be at least {least}, not {getattr(settings, name)}.",
            hint=f"Unset {name} to get the default.",
            id="countersign.E004",
        )
        for name, least in lowest.items()
        if getattr(settings, name) < least
    ]


def _addresses() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if urlsplit(settings.BROKER_URL).scheme not in {"filesystem", "redis", "rediss"}:
        found.append(
            Error(
                "BROKER_URL must start with redis://, rediss:// or filesystem://.",
                hint="Unset it to use the built-in broker.",
                id="countersign.E005",
            )
        )
    for pair in settings.OUTBOUND_ALLOW:
        host, _, port = pair.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            found.append(
                Error(
                    f"OUTBOUND_ALLOW must be host:port pairs, not {pair!r}.",
                    hint="For a model server on this machine: OUTBOUND_ALLOW=127.0.0.1:11434",
                    id="countersign.E006",
                )
            )
    return found


def _tokens() -> list[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= 20:
        return []
    return [
        Error("METRICS_TOKEN is shorter than 20 characters.", hint="Use a long random value.", id="countersign.E007"),
    ]


def _identity_provider() -> list[CheckMessage]:
    if not settings.OIDC_ISSUER:
        return []
    parts = urlsplit(settings.OIDC_ISSUER)
    found: list[CheckMessage] = []
    if not settings.OIDC_CLIENT_ID:
        found.append(
            Error(
                "COUNTERSIGN_OIDC_ISSUER is set, COUNTERSIGN_OIDC_CLIENT_ID is not.",
                hint="The provider gives the id when this server is registered there.",
                id="countersign.E008",
            )
        )
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    if not safe or parts.query or parts.username or len(settings.OIDC_ISSUER) > LONGEST_ISSUER:
        found.append(
            Error(
                "COUNTERSIGN_OIDC_ISSUER must be the provider's https:// address, as its discovery document writes it.",
                hint="Without /.well-known/openid-configuration: https://login.example.org/realms/main",
                id="countersign.E009",
            )
        )
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _mail() -> list[CheckMessage]:
    if not settings.EMAIL_HOST:
        return []
    found: list[CheckMessage] = []
    sender = parseaddr(settings.EMAIL_FROM)[1]
    if "@" not in sender or not sender.isascii() or not settings.EMAIL_FROM.isprintable():
        found.append(
            Error(
                "EMAIL_HOST is set, but EMAIL_FROM is not a valid sender address.",
                hint="EMAIL_FROM=Countersign <countersign@example.org>, an address that the mail server sends for.",
                id="countersign.E010",
            )
        )
    if settings.EMAIL_TLS == "none" and settings.EMAIL_USER and not _is_loopback(settings.EMAIL_HOST):
        found.append(
            Warning(
                "EMAIL_TLS=none sends the mail server's password and every mail unencrypted.",
                hint="Set EMAIL_TLS=starttls or tls.",
                id="countersign.W002",
            )
        )
    return found
