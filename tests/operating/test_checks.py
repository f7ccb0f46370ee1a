"""Each wrong setting is named, with what to set."""

import pytest
from django.core.checks import run_checks

from operating.checks import check_settings


def ids() -> list[str]:
    return [str(message.id) for message in check_settings(None)]


def test_the_defaults_are_in_order() -> None:
    assert ids() == []
    assert not [message for message in run_checks() if str(message.id).startswith("countersign.")]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ALLOWED_HOSTS", ["*"], "countersign.E001"),
        ("HOST", "0.0.0.0", "countersign.W001"),
        ("HOST", "label.example.org", "countersign.W001"),
        ("ENCRYPTION_KEYS", [""], "countersign.E003"),
        ("ENCRYPTION_KEYS", ["secret"], "countersign.E003"),
        ("ENCRYPTION_KEYS", ["a" * 40], "countersign.E003"),
        ("LEASE_SECONDS", 1, "countersign.E004"),
        ("PORT", -1, "countersign.E004"),
        ("BROKER_URL", "amqp://localhost", "countersign.E005"),
        ("OUTBOUND_ALLOW", ["127.0.0.1"], "countersign.E006"),
        ("OUTBOUND_ALLOW", ["host:99999"], "countersign.E006"),
        ("METRICS_TOKEN", "short", "countersign.E007"),
        ("OIDC_ISSUER", "https://login.example.org", "countersign.E008"),
    ],
)
def test_a_wrong_setting_is_named(settings, name: str, value: object, expected: str) -> None:
    setattr(settings, name, value)
    assert ids() == [expected]


@pytest.mark.parametrize(
    ("issuer", "right"),
    [
        ("https://login.example.org/realms/main", True),
        ("http://localhost:8080/realms/main", True),
        ("http://127.0.0.1:9000", True),
        ("http://login.example.org", False),
        ("login.example.org", False),
        ("https://user@login.example.org", False),
        ("https://login.example.org/?realm=main", False),
        ("https://login.example.org/" + "x" * 200, False),
    ],
)
def test_a_provider_is_a_safe_address(settings, issuer: str, right: bool) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = issuer, "countersign"
    assert ids() == ([] if right else ["countersign.E009"])


def test_debug_is_for_this_machine_only(settings) -> None:
    settings.DEBUG, settings.HOST, settings.SESSION_COOKIE_SECURE = True, "0.0.0.0", True
    assert ids() == ["countersign.E002"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_the_loopback_needs_no_https(settings, host: str) -> None:
    settings.HOST = host
    assert ids() == []
