"""Results of a finished run: its confidences, its classes, and changes from the same labeler's earlier predictions."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection, transaction

from kinds import TASK_KINDS
from kinds.named import named
from labeling.models import Run

logger = logging.getLogger(__name__)

BINS = 20
# Classes and changes listed; of further ones the page shows the number.
MOST_CLASSES, MOST_CHANGES = 100, 20

_CONFIDENCES = """
SELECT least(floor(confidence * %(bins)s)::int, %(bins)s - 1) AS bin, count(*)
FROM labeling_prelabel WHERE run_id = %(run)s AND confidence IS NOT NULL GROUP BY 1
"""
_CLASSES_OF_ITEMS = """
SELECT name #>> '{}', count(*) AS n
FROM labeling_prelabel AS p, jsonb_path_query(p.value, %(path)s::jsonpath) AS name
WHERE p.run_id = %(run)s AND p.outcome = 'labelled' GROUP BY 1 ORDER BY 2 DESC, 1
"""
_CLASSES_OF_ELEMENTS = """
SELECT c.name, sum(c.n::int)
FROM labeling_prelabel AS p, jsonb_each_text(p.counts) AS c (name, n)
WHERE p.run_id = %(run)s AND p.outcome = 'labelled' GROUP BY 1 ORDER BY 2 DESC, 1
"""
# The labeler's last prediction of the same item before this run.
_BEFORE = """
LATERAL (SELECT q.value FROM labeling_prelabel AS q
  WHERE q.item_id = p.item_id AND q.labeler_id = p.labeler_id AND q.id < p.id AND q.outcome = 'labelled'
  ORDER BY q.id DESC LIMIT 1) AS before
"""
_CHANGED_NAMES = f"""
SELECT jsonb_path_query_array(before.value, %(path)s::jsonpath), jsonb_path_query_array(p.value, %(path)s::jsonpath),
  count(*)
FROM labeling_prelabel AS p, {_BEFORE}
WHERE p.run_id = %(run)s AND p.outcome = 'labelled' GROUP BY 1, 2
"""  # noqa: S608 - constants of this module
_CHANGED_VALUES = f"""
SELECT p.value = before.value, count(*)
FROM labeling_prelabel AS p, {_BEFORE}
WHERE p.run_id = %(run)s AND p.outcome = 'labelled' GROUP BY 1
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the histogram, in drawing units."""

    x: float
    inner: float
    height: float
    low: int
    high: int
    n: int


def keep_results(run_id: int) -> None:
    """Summarise the run and store the result: a page must not read millions of pre-labels. Errors are logged; the run
    ends regardless."""
    run = Run.objects.select_related("dataset").get(pk=run_id)
    try:
        with transaction.atomic():
            Run.objects.filter(pk=run_id).update(results=_results(run))
    except Error as error:
        logger.warning("The results of run %s could not be computed: %s", run_id, error)


def _results(run: Run) -> dict[str, Any]:
    kind = TASK_KINDS[run.dataset.task_kind]
    names = named(kind)
    params: dict[str, str | int] = {"run": run.pk, "bins": BINS, "path": names.labels_path if names else ""}
    with connection.cursor() as cursor:
        cursor.execute(_CONFIDENCES, params)
        bins = dict(cursor.fetchall())
        cursor.execute(_CLASSES_OF_ITEMS if names else _CLASSES_OF_ELEMENTS, params)
        classes = [(name, int(n)) for name, n in cursor.fetchall()]
        cursor.execute(_CHANGED_NAMES if names else _CHANGED_VALUES, params)
        compared = cursor.fetchall()
    found = {
        "confidences": [bins.get(number, 0) for number in range(BINS)],
        "classes": classes[:MOST_CLASSES],
        "more_classes": max(0, len(classes) - MOST_CLASSES),
    }
    return found | (_changes_of_names(compared) if names else _changes_of_values(compared))


def _changes_of_names(compared: list[tuple[str, str, int]]) -> dict[str, Any]:
    """Pairs of name lists from JSON, as returned by the cursor."""
    changes = [(_joined(old), _joined(new), n) for old, new, n in compared if old != new]
    changes.sort(key=lambda one: (-one[2], one[:2]))
    return {
        "compared": sum(n for _, _, n in compared),
        "changed": sum(n for _, _, n in changes),
        "changes": changes[:MOST_CHANGES],
    }


def _joined(names: str) -> str:
    return " + ".join(json.loads(names)) or "none of the classes"


def _changes_of_values(compared: list[tuple[bool, int]]) -> dict[str, Any]:
    return {
        "compared": sum(n for _, n in compared),
        "changed": sum(n for same, n in compared if not same),
        "changes": [],
    }


def bars(confidences: list[int], *, width: float = 20, height: float = 100) -> list[Bar]:
    """The histogram as adjacent bars; the highest fills the drawing."""
    most = max(confidences, default=0) or 1
    step = 100 // max(len(confidences), 1)
    return [
        Bar(number * width, number * width + 1, n / most * height, number * step, (number + 1) * step, n)
        for number, n in enumerate(confidences)
    ]
