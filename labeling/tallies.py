"""Counts of items by where they stand, from the tallies that a trigger keeps; no request counts a dataset."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

_CELL = """status, lane, labeler_id, auto_labels, human_labels, above_threshold, sampled, sampling_rate, blind,
    bucket"""

_FOLD = f"""
WITH gone AS (
  DELETE FROM labeling_tallydelta WHERE id IN
    (SELECT id FROM labeling_tallydelta ORDER BY id LIMIT %(limit)s)
  RETURNING dataset_id, {_CELL}, n),
net AS (
  SELECT dataset_id, {_CELL}, sum(n) AS n,
    md5(ROW({_CELL})::text)::uuid AS cell
  FROM gone GROUP BY dataset_id, {_CELL})
INSERT INTO labeling_tally AS t (dataset_id, cell, {_CELL}, n)
  SELECT dataset_id, cell, {_CELL}, n FROM net WHERE n <> 0
ON CONFLICT (dataset_id, cell) DO UPDATE SET n = t.n + excluded.n
"""  # noqa: S608 - the columns are a constant of this module

_CELLS = f"""
SELECT {_CELL}, sum(n)::bigint FROM (
  SELECT {_CELL}, n FROM labeling_tally WHERE dataset_id = %(dataset)s
  UNION ALL SELECT {_CELL}, n FROM labeling_tallydelta WHERE dataset_id = %(dataset)s) AS counts
GROUP BY {_CELL} HAVING sum(n) <> 0
"""  # noqa: S608 - the columns are a constant of this module

_BY_STANDING = """
SELECT status, lane, sum(n)::bigint FROM (
  SELECT status, lane, n FROM labeling_tally WHERE dataset_id = %(dataset)s
  UNION ALL SELECT status, lane, n FROM labeling_tallydelta WHERE dataset_id = %(dataset)s) AS counts
GROUP BY status, lane HAVING sum(n) <> 0
"""

FOLD_LIMIT = 50_000
_FOLD_LOCK = 0x7A11


@dataclass(frozen=True, slots=True)
class Cell:
    """How many items stand at one place. `bucket` is floor(100 * confidence); labels are in class order."""

    status: str
    lane: str
    labeler: int | None
    auto_labels: tuple[str, ...] | None
    human_labels: tuple[str, ...] | None
    above_threshold: bool | None
    sampled: bool
    sampling_rate: float | None
    blind: bool | None
    bucket: int | None
    n: int


def cells(dataset_id: int) -> Iterator[Cell]:
    """Every non-empty cell of a dataset, exact at one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, {"dataset": dataset_id})
        for status, lane, labeler, auto, human, above, sampled, rate, blind, bucket, n in cursor:
            yield Cell(
                status,
                lane,
                labeler,
                None if auto is None else tuple(auto),
                None if human is None else tuple(human),
                above,
                sampled,
                rate,
                blind,
                bucket,
                n,
            )


@dataclass(frozen=True, slots=True)
class Standing:
    """How many items stand where: by status, and the waiting ones by lane."""

    by_status: dict[str, int]
    by_lane: dict[str, int]

    @property
    def total(self) -> int:
        """All items of the dataset."""
        return sum(self.by_status.values())

    @property
    def labelled(self) -> int:
        """Items that have a final label: accepted or reviewed."""
        return self.by_status.get("accepted", 0) + self.by_status.get("reviewed", 0)


def standing(dataset_id: int) -> Standing:
    """Counts by status and by lane."""
    by_status: dict[str, int] = {}
    by_lane: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_STANDING, {"dataset": dataset_id})
        for status, lane, n in cursor:
            by_status[status] = by_status.get(status, 0) + n
            if lane:
                by_lane[lane] = by_lane.get(lane, 0) + n
    return Standing(by_status, by_lane)


def fold(limit: int = FOLD_LIMIT) -> int:
    """Fold the inbox into the tallies; returns how many rows it took. One folder at a time; others pass by."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM labeling_tallydelta LIMIT %s) AS inbox", [limit])
        waiting: int = cursor.fetchone()[0]
        if waiting:
            cursor.execute(_FOLD, {"limit": limit})
        return waiting
