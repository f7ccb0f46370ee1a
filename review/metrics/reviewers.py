"""Reviewers: what each decided, and how many of the wrong proposals shown on purpose each one caught."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from labeling.models import Dataset
from review.estimation import Figure, proportion

MOST = 500

_COUNTED = """count(*) AS decisions, count(*) FILTER (WHERE probe_caught IS NOT NULL) AS probes,
  count(*) FILTER (WHERE probe_caught) AS caught"""
_REVIEWS = "origin = 'review' AND verdict NOT IN ('undo', 'skip')"

# Added to what is written: the decisions between the two marks.
WRITE = f"""
INSERT INTO review_revieweractivity AS r (dataset_id, reviewer_id, decisions, probes, caught)
SELECT dataset_id, reviewer_id, {_COUNTED} FROM review_decision
WHERE dataset_id = %(dataset)s AND decided_at >= coalesce(%(before)s, '-infinity'::timestamptz)
  AND decided_at < %(until)s AND {_REVIEWS}
GROUP BY 1, 2
ON CONFLICT (dataset_id, reviewer_id) DO UPDATE SET decisions = r.decisions + excluded.decisions,
  probes = r.probes + excluded.probes, caught = r.caught + excluded.caught
"""  # noqa: S608 - constants of this module

_SINCE = "coalesce((SELECT until FROM review_activitymark WHERE dataset_id = %(dataset)s), '-infinity')"

# What is written, and what has been decided since.
_FIGURES = f"""
SELECT u.username, sum(decisions)::bigint, sum(probes)::bigint, sum(caught)::bigint FROM (
  SELECT reviewer_id, decisions, probes, caught FROM review_revieweractivity WHERE dataset_id = %(dataset)s
  UNION ALL
  SELECT reviewer_id, {_COUNTED} FROM review_decision
  WHERE dataset_id = %(dataset)s AND decided_at >= {_SINCE} AND {_REVIEWS} GROUP BY 1) AS counts
JOIN labeling_user AS u ON u.id = reviewer_id
WHERE %(only)s::bigint IS NULL OR u.id = %(only)s
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608 - constants of this module

_MISCOUNTED = f"""
SELECT reviewer_id, coalesce(counted.n, '(0,0,0)'), coalesce(written.n, '(0,0,0)')
FROM (SELECT reviewer_id, ROW(decisions, probes, caught)::text AS n FROM (
        SELECT reviewer_id, {_COUNTED} FROM review_decision
        WHERE dataset_id = %(dataset)s AND decided_at < {_SINCE} AND {_REVIEWS} GROUP BY 1) AS decided) AS counted
  FULL JOIN (SELECT reviewer_id, ROW(decisions, probes, caught)::text AS n FROM review_revieweractivity
        WHERE dataset_id = %(dataset)s) AS written USING (reviewer_id)
WHERE counted.n IS DISTINCT FROM written.n ORDER BY 1
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """One person in one dataset; `caught` is the share of probes that they did not take for right."""

    username: str
    decisions: int
    caught: Figure


def reviewer_figures(dataset: Dataset, *, only: int | None = None) -> list[ReviewerFigures]:
    """The busiest first; `only`: just that user id. What grows with the decisions is the last hours' alone."""
    found = _asked(_FIGURES, {"dataset": dataset.pk, "only": only, "most": MOST})
    return [ReviewerFigures(name, decisions, proportion(caught, probes)) for name, decisions, probes, caught in found]


def miscounted(dataset: Dataset) -> list[tuple[int, str, str]]:
    """Reviewers whose row a count of the decisions contradicts: user id, then counted and written (decisions, probes,
    caught). Reads every decision."""
    return _asked(_MISCOUNTED, {"dataset": dataset.pk})


def _asked(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
