"""Reviewers: number of decisions, and catch rate of attention checks."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from datasets.models import Dataset
from measuring.estimation import Figure, proportion

MOST = 500

_COUNTED = """sum(n) AS decisions, coalesce(sum(n) FILTER (WHERE probe_caught IS NOT NULL), 0) AS probes,
  coalesce(sum(n) FILTER (WHERE probe_caught), 0) AS caught"""
_REVIEWS = "d.origin = 'review' AND d.verdict NOT IN ('undo', 'skip')"

# Decisions in a period, and undos as -1 (see `activity`).
_EVENTS = f"""
SELECT d.reviewer_id, 1 AS n, d.probe_caught FROM review_decision AS d
WHERE d.dataset_id = %(dataset)s AND {_REVIEWS} AND d.decided_at >= {{since}}{{before}}
UNION ALL
SELECT d.reviewer_id, -1, d.probe_caught FROM review_decision AS d JOIN review_decision AS u ON u.undoes_id = d.id
WHERE u.dataset_id = %(dataset)s AND {_REVIEWS} AND u.decided_at >= {{since}}{{undone_before}}
"""  # noqa: S608 - constants of this module

# Increments since the last mark.
_WINDOW = _EVENTS.format(
    since="coalesce(%(before)s, '-infinity'::timestamptz)",
    before=" AND d.decided_at < %(until)s",
    undone_before=" AND u.decided_at < %(until)s",
)
WRITE = f"""
WITH net AS (SELECT reviewer_id, {_COUNTED} FROM ({_WINDOW}) AS events GROUP BY 1),
changed AS (
  UPDATE review_revieweractivity AS r SET decisions = r.decisions + net.decisions, probes = r.probes + net.probes,
    caught = r.caught + net.caught FROM net
  WHERE r.dataset_id = %(dataset)s AND r.reviewer_id = net.reviewer_id RETURNING r.reviewer_id)
INSERT INTO review_revieweractivity (dataset_id, reviewer_id, decisions, probes, caught)
SELECT %(dataset)s, reviewer_id, decisions, probes, caught FROM net
WHERE reviewer_id NOT IN (SELECT reviewer_id FROM changed) AND decisions > 0
"""  # noqa: S608 - constants of this module

_MARKED = "(SELECT until FROM review_activitymark WHERE dataset_id = %(dataset)s)"
_SINCE_MARK = _EVENTS.format(since=f"coalesce({_MARKED}, '-infinity')", before="", undone_before="")

# The ledger, plus decisions and undos since.
_FIGURES = f"""
SELECT u.username, sum(decisions)::bigint, sum(probes)::bigint, sum(caught)::bigint FROM (
  SELECT reviewer_id, decisions, probes, caught FROM review_revieweractivity WHERE dataset_id = %(dataset)s
  UNION ALL
  SELECT reviewer_id, {_COUNTED} FROM ({_SINCE_MARK}) AS events GROUP BY 1) AS counts
JOIN labeling_user AS u ON u.id = reviewer_id
WHERE %(only)s::bigint IS NULL OR u.id = %(only)s
GROUP BY 1 HAVING sum(decisions) > 0 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608 - constants of this module

_UNTIL_MARK = _EVENTS.format(
    since="'-infinity'", before=f" AND d.decided_at < {_MARKED}", undone_before=f" AND u.decided_at < {_MARKED}"
)
_MISCOUNTED = f"""
SELECT reviewer_id, coalesce(counted.n, '(0,0,0)'), coalesce(written.n, '(0,0,0)')
FROM (SELECT reviewer_id, ROW(decisions, probes, caught)::text AS n FROM (
        SELECT reviewer_id, {_COUNTED} FROM ({_UNTIL_MARK}) AS events GROUP BY 1) AS decided
      WHERE decisions <> 0) AS counted
  FULL JOIN (SELECT reviewer_id, ROW(decisions, probes, caught)::text AS n FROM review_revieweractivity
        WHERE dataset_id = %(dataset)s AND decisions <> 0) AS written USING (reviewer_id)
WHERE counted.n IS DISTINCT FROM written.n ORDER BY 1
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """One reviewer in one dataset; `caught` is the share of attention checks noticed."""

    username: str
    decisions: int
    caught: Figure


def reviewer_figures(dataset: Dataset, *, only: int | None = None) -> list[ReviewerFigures]:
    """Most decisions first; `only`: just that user id. Only the last hours are read from decisions."""
    found = _asked(_FIGURES, {"dataset": dataset.pk, "only": only, "most": MOST})
    return [ReviewerFigures(name, decisions, proportion(caught, probes)) for name, decisions, probes, caught in found]


def miscounted(dataset: Dataset) -> list[tuple[int, str, str]]:
    """Reviewers whose row differs from a count of the decisions: user id, then counted and written (decisions, probes,
    caught). Reads every decision."""
    return _asked(_MISCOUNTED, {"dataset": dataset.pk})


def _asked(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
