"""Reviews and accuracy per day, from decisions and a ledger of quarter hours."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from datasets.models import Dataset
from measuring.estimation import Figure, proportion
from measuring.metrics import reviewers

# After this time no decision with an earlier timestamp can arrive; it has the time of its request.
SETTLED = timedelta(hours=1)

_WORK = "{d}.origin <> 'import' AND {d}.verdict NOT IN ('undo', 'skip')"
_QUARTER = "date_bin('15 minutes', at, '2000-01-01 00:00Z')"

# Decisions in a period, and undos of decisions of that period, which count as -1 at the decision's time. Each decision
# is undone at most once.
_EVENTS = f"""
SELECT d.decided_at AS at, 1 AS n, d.sampled, d.matched FROM review_decision AS d
WHERE d.dataset_id = %(dataset)s AND {_WORK.format(d="d")} AND d.decided_at >= {{since}}{{before}}
UNION ALL
SELECT d.decided_at, -1, d.sampled, d.matched FROM review_decision AS d JOIN review_decision AS u ON u.undoes_id = d.id
WHERE u.dataset_id = %(dataset)s AND {_WORK.format(d="d")} AND u.decided_at >= {{since}}{{undone_before}}
"""  # noqa: S608 - constants of this module
_COUNTED = """sum(n)::int AS decisions,
  coalesce(sum(n) FILTER (WHERE sampled AND matched IS NOT NULL), 0)::int AS checks,
  coalesce(sum(n) FILTER (WHERE sampled AND matched), 0)::int AS "right" """

# A dataset without decisions since its mark is skipped: its mark may stay.
_DUE = """
SELECT ds.id, m.until FROM labeling_dataset AS ds LEFT JOIN review_activitymark AS m ON m.dataset_id = ds.id
WHERE EXISTS (SELECT 1 FROM review_decision AS d WHERE d.dataset_id = ds.id
              AND d.decided_at >= coalesce(m.until, '-infinity') AND d.decided_at < %s)
ORDER BY ds.id
"""

_MARK = """
INSERT INTO review_activitymark AS m (dataset_id, until) VALUES (%(dataset)s, %(until)s)
ON CONFLICT (dataset_id) DO UPDATE SET until = excluded.until
WHERE m.until IS NOT DISTINCT FROM %(before)s
"""

_WINDOW = _EVENTS.format(
    since="coalesce(%(before)s, '-infinity'::timestamptz)",
    before=" AND d.decided_at < %(until)s",
    undone_before=" AND u.decided_at < %(until)s",
)
_MARKED = "(SELECT until FROM review_activitymark WHERE dataset_id = %(dataset)s)"

# Undone decisions change existing rows.
_WRITE = f"""
WITH net AS (SELECT {_QUARTER} AS starts_at, {_COUNTED} FROM ({_WINDOW}) AS events GROUP BY 1),
changed AS (
  UPDATE review_activity AS a SET decisions = a.decisions + net.decisions, checks = a.checks + net.checks,
    "right" = a."right" + net."right" FROM net
  WHERE a.dataset_id = %(dataset)s AND a.starts_at = net.starts_at RETURNING a.starts_at)
INSERT INTO review_activity (dataset_id, starts_at, decisions, checks, "right")
SELECT %(dataset)s, starts_at, decisions, checks, "right" FROM net
WHERE starts_at NOT IN (SELECT starts_at FROM changed) AND decisions > 0
"""  # noqa: S608 - constants of this module

# The ledger, plus decisions and undos since.
_SINCE_MARK = _EVENTS.format(since=f"coalesce({_MARKED}, '-infinity')", before="", undone_before="")
_DAYS = f"""
SELECT (starts_at AT TIME ZONE %(zone)s)::date, sum(decisions)::int, sum(checks)::int, sum("right")::int FROM (
  SELECT starts_at, decisions, checks, "right" FROM review_activity
  WHERE dataset_id = %(dataset)s AND starts_at >= %(start)s
  UNION ALL
  SELECT {_QUARTER}, {_COUNTED} FROM ({_SINCE_MARK}) AS events WHERE at >= %(start)s GROUP BY 1) AS quarters
GROUP BY 1
"""  # noqa: S608 - constants of this module

_UNTIL_MARK = _EVENTS.format(
    since="'-infinity'", before=f" AND d.decided_at < {_MARKED}", undone_before=f" AND u.decided_at < {_MARKED}"
)
_MISCOUNTED = f"""
SELECT starts_at, sum(counted)::int, sum(written)::int FROM (
  SELECT {_QUARTER} AS starts_at, sum(n) AS counted, 0 AS written FROM ({_UNTIL_MARK}) AS events GROUP BY 1
  UNION ALL SELECT starts_at, 0, decisions FROM review_activity WHERE dataset_id = %(dataset)s) AS both_sides
GROUP BY 1 HAVING sum(counted) <> sum(written) ORDER BY 1
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Day:
    """One day: the number of decisions, and the accuracy on that day's random checks."""

    day: date
    decisions: int
    accuracy: Figure


def days(dataset: Dataset, *, back: int = 30) -> list[Day]:
    """The last `back` days in the active time zone, including days without work.
    Only the last hours are read from decisions: before them each quarter hour is one row."""
    today = timezone.localdate()
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back - 1)
    with connection.cursor() as cursor:
        zone = timezone.get_current_timezone_name()
        cursor.execute(_DAYS, {"dataset": dataset.pk, "start": start, "zone": zone})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    result = []
    for offset in range(back - 1, -1, -1):
        day = today - timedelta(days=offset)
        decisions, checks, right = found.get(day, (0, 0, 0))
        result.append(Day(day, decisions, proportion(right, checks)))
    return result


def write_activity(now: datetime | None = None) -> Counter[int]:
    """Write finished quarter hours into the ledger, for every dataset: dataset id -> rows written.
    Safe to run concurrently: moving a dataset's mark and writing its rows is one transaction."""
    settled = (now or timezone.now()) - SETTLED
    until = settled.replace(minute=settled.minute // 15 * 15, second=0, microsecond=0)
    written = Counter[int]()
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [until])
        for dataset, before in cursor.fetchall():
            values = {"dataset": dataset, "before": before, "until": until}
            with transaction.atomic():
                cursor.execute(_MARK, values)
                if cursor.rowcount:
                    cursor.execute(_WRITE, values)
                    written[dataset] += cursor.rowcount
                    cursor.execute(reviewers.WRITE, values)
    return written


def miscounted(dataset: Dataset) -> list[tuple[datetime, int, int]]:
    """Quarter hours whose row differs from a count of the decisions: start, counted, written. Reads every decision."""
    with connection.cursor() as cursor:
        cursor.execute(_MISCOUNTED, {"dataset": dataset.pk})
        return list(cursor.fetchall())
