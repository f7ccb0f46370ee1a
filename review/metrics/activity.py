"""Work and accuracy over days, from the history of decisions."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.models import Dataset
from review.estimation import Figure, proportion
from review.models import Decision, Origin, Verdict


@dataclass(frozen=True, slots=True)
class Day:
    """One day: decisions that people made, and the machine's accuracy on that day's random checks."""

    day: date
    decisions: int
    accuracy: Figure


def days(dataset: Dataset, *, back: int = 30) -> list[Day]:
    """The last `back` days in the active time zone, days without work included; an index serves the range."""
    today = timezone.localdate()
    first = today - timedelta(days=back - 1)
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back - 1)
    rows = (
        Decision.objects.filter(dataset=dataset, decided_at__gte=start)
        .exclude(origin=Origin.IMPORT)
        .exclude(verdict__in=[Verdict.UNDO, Verdict.SKIP])
        .annotate(day=TruncDate("decided_at"))
        .values("day")
        .annotate(
            n=Count("id"),
            checks=Count("id", filter=Q(sampled=True, matched__isnull=False)),
            right=Count("id", filter=Q(sampled=True, matched=True)),
        )
    )
    by_day = {row["day"]: row for row in rows}
    result = []
    for offset in range(back):
        day = first + timedelta(days=offset)
        row = by_day.get(day, {"n": 0, "checks": 0, "right": 0})
        result.append(Day(day, row["n"], proportion(row["right"], row["checks"])))
    return result
