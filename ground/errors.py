"""The error classes of all apps.

CountersignError                  has a stable code and a message for users
├── InvalidValue                  a label value does not fit its task kind
├── InvalidInput                  a request cannot be carried out as given: names the field and the remedy
├── StorageFailed                 the server's disk is full or not writable
├── Busy                          the server is busy: retry in a moment
├── TooManyAttempts               too many wrong passwords or codes: locked for a while
├── Conflict                      the current state does not allow it (a lost claim, a finished run)
│   ├── Stale                     the object has changed since it was shown: carries both states
│   └── LeaseLost                 another worker holds the row now
├── BackupRefused                 an archive or its target is not valid; nothing was changed
├── BackupFailed                  PostgreSQL could not dump or restore
└── LabelerError                  a labeler could not answer
    ├── TransientLabelerError     a retry can help
    ├── PermanentLabelerError     a retry cannot help until someone changes something
    └── AskingEnded               it was cancelled or timed out
"""

from collections.abc import Mapping, Sequence
from typing import Any


class CountersignError(Exception):
    """Base class of all errors with a stable code and a message for users and programs."""

    code = "error"

    def __init__(self, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or type(self).code


class InvalidValue(CountersignError):
    """A label value that does not fit the dataset's task kind and classes."""

    code = "invalid_value"


class InvalidInput(CountersignError):
    """A request that cannot be carried out as given."""

    code = "invalid_input"


class StorageFailed(CountersignError):
    """The server could not write a file; no partial file is left."""

    code = "storage_failed"


class Busy(CountersignError):
    """The server is busy; the same request succeeds in a moment."""

    code = "busy"


class TooManyAttempts(CountersignError):
    """Too many wrong passwords or codes; for a while even the right one is refused."""

    code = "too_many_attempts"
    # Seconds until the next attempt is allowed.
    retry_after = 900


class Conflict(CountersignError):
    """A request that no longer fits the current state: someone else was faster."""

    code = "conflict"


class Stale(Conflict):
    """The object was changed meanwhile; nothing was written. `stored` is its current state, `stamp` the stamp of that,
    and `sent` what was to be written."""

    code = "stale"

    def __init__(self, message: str, *, stored: Mapping[str, Any], sent: Mapping[str, Any], stamp: str) -> None:
        super().__init__(message)
        self.stored, self.sent, self.stamp = stored, sent, stamp


class LeaseLost(Conflict):
    """Another worker holds the row; whatever was being saved must be dropped."""

    code = "lease_lost"


class BackupRefused(CountersignError):
    """An archive that cannot be trusted, or a target that is not allowed; nothing was changed."""

    code = "backup_refused"


class BackupFailed(CountersignError):
    """A PostgreSQL program failed or is missing."""

    code = "backup_failed"


class LabelerError(CountersignError):
    """A labeler could not answer; `kind` is what the failure is counted under.
    `answered`: the answers so far, one per item in order, None where missing; empty if there are none. They may have
    been paid for."""

    code = "labeler_failed"

    def __init__(self, message: str, *, kind: str = "server", answered: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.answered = answered


class TransientLabelerError(LabelerError):
    """A retry may help: rate limit, time-out, server error."""


class PermanentLabelerError(LabelerError):
    """A retry cannot help: wrong key, unknown model, no trained model yet."""


class AskingEnded(LabelerError):
    """The calls in flight were aborted: nobody waits for the answers any more."""
