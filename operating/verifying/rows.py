"""Rows that copy, count or reference others."""

from collections.abc import Iterator

from django.db import connection

from datasets import tallies
from datasets.models import Dataset
from measuring.metrics import activity, reviewers
from operating.verifying.difference import Difference
from operating.verifying.elements import sum_differences

# Copies of what another row says, kept for speed and without a constraint of their own.
_COPIES = (
    (
        "review slot",
        """SELECT w.id FROM labeling_item AS i JOIN labeling_waiting AS w ON w.item_id = i.id
      WHERE i.dataset_id = %(dataset)s AND w.dataset_id <> i.dataset_id ORDER BY w.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_run AS r JOIN labeling_prelabel AS p ON p.run_id = r.id
      WHERE r.dataset_id = %(dataset)s AND p.labeler_id <> r.labeler_id ORDER BY p.id LIMIT 1000""",
    ),
)

# Rows that name one that is not there: a trigger refuses them, and nothing that they name can be removed.
_STRAYS = (
    (
        "review slot",
        """SELECT w.id FROM labeling_waiting AS w WHERE w.dataset_id = %(dataset)s
      AND NOT EXISTS (SELECT FROM labeling_item AS i WHERE i.id = w.item_id) ORDER BY w.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_run AS r JOIN labeling_prelabel AS p ON p.run_id = r.id
      WHERE r.dataset_id = %(dataset)s AND NOT EXISTS (SELECT FROM labeling_item AS i WHERE i.id = p.item_id)
      ORDER BY p.id LIMIT 1000""",
    ),
    (
        "pre-label",
        """SELECT p.id FROM labeling_item AS i JOIN labeling_prelabel AS p ON p.item_id = i.id
      WHERE i.dataset_id = %(dataset)s AND (NOT EXISTS (SELECT FROM labeling_run AS r WHERE r.id = p.run_id)
        OR p.model_version_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM labeling_modelversion AS v WHERE v.id = p.model_version_id))
      ORDER BY p.id LIMIT 1000""",
    ),
)

# What the trigger `item_words` keeps.
_WORDS = """
SELECT i.id FROM labeling_item AS i
  LEFT JOIN labeling_itemwords AS w ON w.item_id = i.id AND w.dataset_id = i.dataset_id
WHERE i.dataset_id = %(dataset)s
  AND w.words IS DISTINCT FROM CASE WHEN i.text <> '' THEN to_tsvector('simple', left(i.text, 100000)) END
ORDER BY i.id LIMIT 1000
"""


def standing_differences(dataset: Dataset) -> Iterator[Difference]:
    """Copies, tallies and activity that are not so; rows that name one that is missing."""
    with connection.cursor() as cursor:
        for kind, statements, wrong in (
            ("copy", _COPIES, "it does not match its item or run"),
            ("stray", _STRAYS, "its item, run or model version is missing"),
        ):
            for what, statement in statements:
                cursor.execute(statement, {"dataset": dataset.pk})
                for (pk,) in cursor.fetchall():
                    yield Difference(kind, f"{what} {pk}", wrong)
        cursor.execute(_WORDS, {"dataset": dataset.pk})
        for (item,) in cursor.fetchall():
            yield Difference("words", f"item {item}", "the search index lacks words of its text")
    for cell, counted, tallied in tallies.miscounted(dataset.pk):
        yield Difference("tally", f"{dataset.slug}, {cell}", f"counted {counted}, tallied {tallied}")
    yield from sum_differences(dataset)
    for start, counted, written in activity.miscounted(dataset):
        yield Difference(
            "activity", f"{dataset.slug}, from {start:%Y-%m-%d %H:%M}", f"counted {counted}, written {written}"
        )
    for user, theirs, row in reviewers.miscounted(dataset):
        yield Difference("activity", f"{dataset.slug}, user {user}", f"counted {theirs}, written {row}")
