"""How fast a job goes, and how long it takes yet."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: units a second; `left`: seconds until the end. None: not known yet."""

    rate: float | None = None
    left: float | None = None


def pace(*, units: int, done: float, since: datetime | None) -> Pace:
    """Of a job that has worked on so many units, and is `done` by this share (0 to 1), since it began."""
    seconds = (timezone.now() - since).total_seconds() if since else 0.0
    if seconds <= 0 or done <= 0:
        return Pace()
    return Pace(units / seconds, seconds * (1 - min(done, 1.0)) / min(done, 1.0))
