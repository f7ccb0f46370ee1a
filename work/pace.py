"""The rate of a job and the time left."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: units per second; `left`: estimated seconds to the end. None: not known yet."""

    rate: float | None = None
    left: float | None = None


def pace(*, units: int, done: float, since: datetime | None, until: datetime | None = None) -> Pace:
    """The pace of a job that has processed `units`, a share `done` (0 to 1) of its work, since it began; `until`: its
    end, if it is over."""
    seconds = ((until or timezone.now()) - since).total_seconds() if since else 0.0
    if seconds <= 0 or done <= 0:
        return Pace()
    return Pace(units / seconds, seconds * (1 - min(done, 1.0)) / min(done, 1.0))
