"""The one brake on guessing: every door that compares a password or a code asks it first.

A try is a row that all processes see, written before anything is compared: tries sent at the same moment count as well.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit_log
from accounts.models import Attempt, AuditAction, AuditEvent
from ground.errors import TooManyAttempts

PASSWORD, CODE = "password", "code"
# Wrong ones in a row for one name, after which nothing is looked at for COOL_OFF_SECONDS.
MOST_WRONG = 5
# Wrong ones from one address, whatever the names: one password tried with many names is guessing too.
MOST_WRONG_FROM_ADDRESS = 20
# Wrong passwords for one name from all addresses together, except from where its owner has come in before.
MOST_WRONG_FOR_NAME = 50
COOL_OFF_SECONDS = TooManyAttempts.retry_after


@dataclass(frozen=True, slots=True)
class Try:
    """One try: wrong, unless somebody says that it was right."""

    kind: str
    name: str
    address: str
    row: int

    def right(self) -> None:
        """Whoever it was is no guesser: the tries for this name, from this address, are forgotten."""
        (_streak(self) if self.name else Attempt.objects.filter(pk=self.row)).delete()


def may_try(kind: str, name: str, address: str) -> Try:
    """Look before a password or code is compared. Raises TooManyAttempts; such a try leaves no row."""
    name = name[:150].replace("\x00", "")
    row = Attempt.objects.create(kind=kind, name=name, address=address)
    one = Try(kind, name, address, row.pk)
    if any(count > most for count, most in _limits(one)):
        row.delete()
        raise TooManyAttempts(
            f"{MOST_WRONG} wrong {kind}s in a row, or many from one address: try again in "
            f"{COOL_OFF_SECONDS // 60} minutes."
        )
    return one


def note_wrong(one: Try) -> None:
    """Record it, once, when a wrong try was the last that is looked at."""
    if any(count == most for count, most in _limits(one)):
        audit_log.record(
            actor=None,
            action=AuditAction.GUESSING_STOPPED,
            target=one.name or "many names",
            details={"of": one.kind, "minutes": COOL_OFF_SECONDS // 60},
            address=one.address,
        )


def _limits(one: Try) -> list[tuple[int, int]]:
    """(tries, how many are looked at), this one among them."""
    found = [(_streak(one).count(), MOST_WRONG)] if one.name else []
    if one.address:
        found.append((_recent().filter(address=one.address).count(), MOST_WRONG_FROM_ADDRESS))
    if one.kind == PASSWORD and one.name and not _known_place(one):
        found.append((_recent().filter(kind=one.kind, name=one.name).count(), MOST_WRONG_FOR_NAME))
    return found


def _recent() -> QuerySet[Attempt]:
    return Attempt.objects.filter(at__gt=timezone.now() - timedelta(seconds=COOL_OFF_SECONDS))


def _streak(one: Try) -> QuerySet[Attempt]:
    """Passwords by name and address: who guesses somebody's password keeps out nobody but themselves. Codes by name
    alone: whoever is asked for one has the password already, and a million codes are few for many addresses."""
    whose = Q(kind=one.kind, name=one.name)
    return _recent().filter(whose if one.kind == CODE else whose & Q(address=one.address))


def _known_place(one: Try) -> bool:
    return AuditEvent.objects.filter(action=AuditAction.SIGNED_IN, target=one.name, address=one.address).exists()


def forget() -> int:
    """Remove the tries that count no more; how many. The sweep does."""
    old = timezone.now() - timedelta(seconds=COOL_OFF_SECONDS)
    return int(Attempt.objects.filter(at__lt=old).delete()[0])
