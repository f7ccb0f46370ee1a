"""Rate limiting of passwords and codes, used by every way in.
An attempt is a row visible to all processes and written before the comparison, so concurrent attempts count too."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit_log
from accounts.models import Attempt, AuditAction, AuditEvent
from ground.errors import TooManyAttempts

PASSWORD, CODE = "password", "code"
# Failures in a row for one name, after which nothing is checked for COOL_OFF_SECONDS.
MOST_WRONG = 5
# Failures from one address, for any names: one password tried with many names is guessing too.
MOST_WRONG_FROM_ADDRESS = 20
# Wrong passwords for one name from all addresses, except those its owner has used before.
MOST_WRONG_FOR_NAME = 50
COOL_OFF_SECONDS = TooManyAttempts.retry_after


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: counts as wrong until marked right."""

    kind: str
    name: str
    address: str
    row: int

    def right(self) -> None:
        """A success: forget the attempts for this name from this address."""
        (_streak(self) if self.name else Attempt.objects.filter(pk=self.row)).delete()


def may_try(kind: str, name: str, address: str) -> Try:
    """Call before comparing a password or code. Raises TooManyAttempts; such an attempt leaves no row."""
    name = name[:150].replace("\x00", "")
    row = Attempt.objects.create(kind=kind, name=name, address=address)
    one = Try(kind, name, address, row.pk)
    if any(count > most for count, most in _limits(one)):
        row.delete()
        raise TooManyAttempts(
            f"{MOST_WRONG} wrong {kind}s in a row, or too many from one address. Try again in "
            f"{COOL_OFF_SECONDS // 60} minutes."
        )
    return one


def note_wrong(one: Try) -> None:
    """Record the lock-out once, when the last allowed attempt was wrong."""
    if any(count == most for count, most in _limits(one)):
        audit_log.record(
            actor=None,
            action=AuditAction.GUESSING_STOPPED,
            target=one.name or "many names",
            details={"of": one.kind, "minutes": COOL_OFF_SECONDS // 60},
            address=one.address,
        )


def _limits(one: Try) -> list[tuple[int, int]]:
    """(attempts, limit), this one included."""
    found = [(_streak(one).count(), MOST_WRONG)] if one.name else []
    if one.address:
        found.append((_recent().filter(address=one.address).count(), MOST_WRONG_FROM_ADDRESS))
    if one.kind == PASSWORD and one.name and not _known_place(one):
        found.append((_recent().filter(kind=one.kind, name=one.name).count(), MOST_WRONG_FOR_NAME))
    return found


def _recent() -> QuerySet[Attempt]:
    return Attempt.objects.filter(at__gt=timezone.now() - timedelta(seconds=COOL_OFF_SECONDS))


def _streak(one: Try) -> QuerySet[Attempt]:
    """Passwords count by name and address, so that a guesser locks out only themselves. Codes count by name alone:
    whoever is asked for one already has the password, and a million codes are few for many addresses."""
    whose = Q(kind=one.kind, name=one.name)
    return _recent().filter(whose if one.kind == CODE else whose & Q(address=one.address))


def _known_place(one: Try) -> bool:
    return AuditEvent.objects.filter(action=AuditAction.SIGNED_IN, target=one.name, address=one.address).exists()


def forget() -> int:
    """Remove expired attempts; returns how many. Called by the sweep."""
    old = timezone.now() - timedelta(seconds=COOL_OFF_SECONDS)
    return int(Attempt.objects.filter(at__lt=old).delete()[0])
