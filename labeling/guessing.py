"""Guessing made slow, by rows of the audit log that all processes see: passwords, and the codes of second factors."""

from datetime import timedelta

from django.utils import timezone

from labeling.errors import TooManyAttempts
from labeling.models import AuditAction, AuditEvent

# Wrong ones in a row, after which nothing is looked at for COOL_OFF_SECONDS.
MOST_WRONG = 5
COOL_OFF_SECONDS = 900

_PASSWORDS = (AuditAction.SIGNED_IN, AuditAction.SIGN_IN_FAILED)
_CODES = (AuditAction.SIGNED_IN, AuditAction.CONFIRMED, AuditAction.SECOND_FACTOR_FAILED)


def refuse_passwords(username: str, address: str) -> None:
    """By name and address: who guesses somebody's password keeps out nobody but themselves. Raises TooManyAttempts."""
    if _all_wrong(_PASSWORDS, AuditAction.SIGN_IN_FAILED, target=username, address=address):
        raise TooManyAttempts(
            f"{MOST_WRONG} wrong passwords in a row: sign in again in {COOL_OFF_SECONDS // 60} minutes."
        )


def refuse_codes(username: str) -> None:
    """By name alone: whoever is asked for a code has the password already, and a million codes are few for many
    addresses. Raises TooManyAttempts."""
    if _all_wrong(_CODES, AuditAction.SECOND_FACTOR_FAILED, target=username):
        raise TooManyAttempts(f"{MOST_WRONG} wrong codes in a row: try again in {COOL_OFF_SECONDS // 60} minutes.")


def _all_wrong(actions: tuple[AuditAction, ...], wrong: AuditAction, **whose: str) -> bool:
    last = AuditEvent.objects.filter(
        action__in=actions, at__gt=timezone.now() - timedelta(seconds=COOL_OFF_SECONDS), **whose
    ).values_list("action", flat=True)[:MOST_WRONG]
    return list(last) == [wrong] * MOST_WRONG
