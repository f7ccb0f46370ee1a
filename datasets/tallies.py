"""Counts of items by status and labels, from tallies that a trigger maintains; no request counts a dataset."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from django.db import connection, transaction

_COLUMNS = (
    "status", "lane", "labeler_id", "auto_labels", "human_labels", "matched", "above_threshold", "sampled",
    "sampling_rate", "auto_empty", "blind", "bucket",
)  # fmt: skip
# The dimensions of the counts without labels.
_OF_LABELS = {"labelled": "auto_labels IS NOT NULL", "checked": "human_labels IS NOT NULL"}
_LABEL_LISTS = {"auto_labels", "human_labels"}

# Coarser counts: without the confidence, and without the labels. The full table has a cell for every combination of
# predicted label, human label and confidence, which few figures need.
_CELL = ", ".join(_COLUMNS)
_LABEL_CELL = ", ".join(column for column in _COLUMNS if column != "bucket")
_LESS = [column for column in _COLUMNS if column not in _LABEL_LISTS]
_BUCKET_CELL = ", ".join([*_LESS, *_OF_LABELS])
_AS_BUCKET_CELL = ", ".join([*_LESS, *(f"{expression} AS {name}" for name, expression in _OF_LABELS.items())])

# Confidence in hundredths, rounded down. The trigger computes the same: 0.29 * 100 is 28.999… in binary.
BUCKET = """CASE WHEN auto_labels IS NOT NULL AND NOT auto_empty
      THEN floor(coalesce(auto_floor, 0) * 100 + 1e-9)::smallint END"""

_FOLD = f"""
WITH gone AS (
  DELETE FROM labeling_tallydelta WHERE id IN
    (SELECT id FROM labeling_tallydelta ORDER BY id LIMIT %(limit)s)
  RETURNING dataset_id, {_CELL}, n),
net AS (
  SELECT dataset_id, {_CELL}, sum(n) AS n,
    md5(ROW({_CELL})::text)::uuid AS cell
  FROM gone GROUP BY dataset_id, {_CELL}),
standings AS (
  INSERT INTO labeling_standingtally AS s (dataset_id, status, lane, n)
    SELECT dataset_id, status, lane, sum(n) FROM net GROUP BY dataset_id, status, lane HAVING sum(n) <> 0
  ON CONFLICT (dataset_id, status, lane) DO UPDATE SET n = s.n + excluded.n),
by_labels AS (
  INSERT INTO labeling_labeltally AS t (dataset_id, cell, {_LABEL_CELL}, n)
    SELECT dataset_id, md5(ROW({_LABEL_CELL})::text)::uuid, {_LABEL_CELL}, sum(n) FROM net
    GROUP BY dataset_id, {_LABEL_CELL} HAVING sum(n) <> 0
  ON CONFLICT (dataset_id, cell) DO UPDATE SET n = t.n + excluded.n),
by_bucket AS (
  INSERT INTO labeling_buckettally AS t (dataset_id, cell, {_BUCKET_CELL}, n)
    SELECT dataset_id, md5(ROW({_BUCKET_CELL})::text)::uuid, {_BUCKET_CELL}, sum(n)
    FROM (SELECT dataset_id, {_AS_BUCKET_CELL}, n FROM net) AS seen
    GROUP BY dataset_id, {_BUCKET_CELL} HAVING sum(n) <> 0
  ON CONFLICT (dataset_id, cell) DO UPDATE SET n = t.n + excluded.n)
INSERT INTO labeling_tally AS t (dataset_id, cell, {_CELL}, n)
  SELECT dataset_id, cell, {_CELL}, n FROM net WHERE n <> 0
ON CONFLICT (dataset_id, cell) DO UPDATE SET n = t.n + excluded.n
"""  # noqa: S608 - the columns are a constant of this module

_BY_STANDING = """
SELECT status, lane, sum(n)::bigint FROM (
  SELECT status, lane, n FROM labeling_standingtally WHERE dataset_id = %(dataset)s
  UNION ALL SELECT status, lane, n FROM labeling_tallydelta WHERE dataset_id = %(dataset)s) AS counts
GROUP BY status, lane HAVING sum(n) <> 0
"""

# One pass over the dataset's items; for verification only.
_MISCOUNTED = f"""
SELECT ROW({_CELL})::text, sum(counted)::bigint, sum(tallied)::bigint FROM (
  SELECT status, lane, auto_labeler_id AS labeler_id, auto_labels, human_labels, matched, above_threshold, sampled,
    sampling_rate, auto_empty, blind, {BUCKET} AS bucket, 1 AS counted, 0 AS tallied
  FROM labeling_item WHERE dataset_id = %(dataset)s
  UNION ALL SELECT {_CELL}, 0, n FROM labeling_tally WHERE dataset_id = %(dataset)s
  UNION ALL SELECT {_CELL}, 0, n FROM labeling_tallydelta WHERE dataset_id = %(dataset)s) AS counts
GROUP BY {_CELL} HAVING sum(counted) <> sum(tallied) ORDER BY 1 LIMIT 1000
"""  # noqa: S608 - the columns are constants of this module

# A coarser table against the full one, summed: {cell} are its columns, {as_cell} derives them from the full table's.
_MISADDED = """
SELECT ROW({cell})::text, sum(cells)::bigint, sum(added)::bigint FROM (
  SELECT {as_cell}, n AS cells, 0 AS added FROM labeling_tally WHERE dataset_id = %(dataset)s
  UNION ALL SELECT {cell}, 0, n FROM {table} WHERE dataset_id = %(dataset)s) AS counts
GROUP BY {cell} HAVING sum(cells) <> sum(added) ORDER BY 1 LIMIT 1000
"""

FOLD_LIMIT = 50_000
_FOLD_LOCK = 0x7A11


# Side of the threshold, sampling rate, and whether the prediction is empty.
Stratum = tuple[bool | None, float | None, bool]

# Dimensions: field of `Cell` -> SQL.
_FIELDS = {
    "status": "status",
    "lane": "lane",
    "labeler": "labeler_id",
    "auto_labels": "auto_labels",
    "human_labels": "human_labels",
    "matched": "matched",
    "above_threshold": "above_threshold",
    "sampled": "sampled",
    "sampling_rate": "sampling_rate",
    "auto_empty": "auto_empty",
    "blind": "blind",
    "bucket": "bucket",
    **_OF_LABELS,
}
STRATUM = ("above_threshold", "sampling_rate", "auto_empty")
_NOT_EXCLUDED = ("pending", "waiting", "accepted", "reviewed", "disputed")


@dataclass(frozen=True, slots=True)
class Cell:
    """The number of items in one cell; fields that are not requested have their default.
    `bucket` is the value compared with thresholds (Item.auto_floor) in hundredths, rounded down, None for empty
    predictions; labels are in class order; `labelled`: the items have a predicted label; `checked`: a human label;
    `matched`: both are equal."""

    n: int
    status: str = ""
    lane: str = ""
    labeler: int | None = None
    auto_labels: tuple[str, ...] | None = None
    human_labels: tuple[str, ...] | None = None
    above_threshold: bool | None = None
    sampled: bool = False
    sampling_rate: float | None = None
    auto_empty: bool = False
    blind: bool | None = None
    bucket: int | None = None
    checked: bool = False
    matched: bool | None = None
    labelled: bool = False

    @property
    def stratum(self) -> Stratum:
        """How its items came to review."""
        return self.above_threshold, self.sampling_rate, self.auto_empty


def cells(
    dataset_id: int, *by: str, statuses: Sequence[str] = (), labelled: bool = False, sampled: bool = False
) -> list[Cell]:
    """Non-empty cells of a dataset, exact at one snapshot, by these fields only.
    The fewer the fields, the fewer the cells. `statuses`: only items with these; `labelled`: only items with a
    predicted label; `sampled`: only random checks."""
    sources = " UNION ALL ".join(
        _source(table, by, statuses=bool(statuses), labelled=labelled, sampled=sampled)
        for table in (_smallest(by), "labeling_tallydelta")
    )
    places = ", ".join(str(place) for place in range(2, len(by) + 2))
    statement = f"""SELECT sum(n)::bigint, {", ".join(by)} FROM ({sources}) AS counts
        GROUP BY {places} HAVING sum(n) <> 0"""  # noqa: S608 - constants of this module
    with connection.cursor() as cursor:
        cursor.execute(statement, {"dataset": dataset_id, "statuses": list(statuses)})
        lists = [place for place, field in enumerate(by, start=1) if field in _LABEL_LISTS]
        return [Cell(row[0], **dict(zip(by, _tupled(row, lists), strict=True))) for row in cursor.fetchall()]


def _smallest(by: Sequence[str]) -> str:
    """The smallest folded table that has these fields."""
    if "bucket" not in by:
        return "labeling_labeltally"
    return "labeling_tally" if _LABEL_LISTS.intersection(by) else "labeling_buckettally"


def _source(table: str, by: Sequence[str], *, statuses: bool, labelled: bool, sampled: bool) -> str:
    kept = {name: name for name in _OF_LABELS} if table == "labeling_buckettally" else {}
    expressions = _FIELDS | kept
    chosen = ", ".join(f"{expressions[field]} AS {field}" for field in by)
    where = " AND status = ANY(%(statuses)s)" if statuses else ""
    where += f" AND {expressions['labelled']}" if labelled else ""
    where += " AND sampled" if sampled else ""
    return f"SELECT {chosen}, n FROM {table} WHERE dataset_id = %(dataset)s{where}"  # noqa: S608 - constants


def _tupled(row: tuple[Any, ...], lists: Sequence[int]) -> list[Any]:
    """The row's fields, with lists of labels as tuples."""
    fields = list(row)
    for place in lists:
        fields[place] = None if fields[place] is None else tuple(fields[place])
    return fields[1:]


def labelled_cells(dataset_id: int, *by: str) -> list[Cell]:
    """Cells of items with a predicted label that are not excluded: the population of accuracy figures."""
    return cells(dataset_id, *by, statuses=_NOT_EXCLUDED, labelled=True)


def whole_strata(labelled: Iterable[Cell]) -> set[Stratum]:
    """Strata that have been reviewed completely, so that all items count and not only random checks. The cells need at
    least the fields of STRATUM and `checked`."""
    open_strata: set[Stratum] = set()
    reviewed: set[Stratum] = set()
    for cell in labelled:
        (reviewed if cell.checked else open_strata).add(cell.stratum)
    return reviewed - open_strata


def bucket_of(confidence: float) -> int:
    """A confidence in whole hundredths, as counted by the tallies."""
    return floor(confidence * 100 + 1e-9)


@dataclass(frozen=True, slots=True)
class Standing:
    """Number of items by status and, for those in review, by lane."""

    by_status: dict[str, int]
    by_lane: dict[str, int]

    @property
    def total(self) -> int:
        """All items of the dataset."""
        return sum(self.by_status.values())

    @property
    def labelled(self) -> int:
        """Items with a final label: accepted or reviewed."""
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


def miscounted(dataset_id: int) -> list[tuple[str, int, int]]:
    """Cells whose tally differs from a count of the items: the cell, counted, tallied. Reads every item."""
    with connection.cursor() as cursor:
        cursor.execute(_MISCOUNTED, {"dataset": dataset_id})
        found = list(cursor.fetchall())
        for table, cell, as_cell in (
            ("labeling_standingtally", "status, lane", "status, lane"),
            ("labeling_labeltally", _LABEL_CELL, _LABEL_CELL),
            ("labeling_buckettally", _BUCKET_CELL, _AS_BUCKET_CELL),
        ):
            cursor.execute(_MISADDED.format(table=table, cell=cell, as_cell=as_cell), {"dataset": dataset_id})
            found += cursor.fetchall()
        return found


def fold(limit: int = FOLD_LIMIT) -> int:
    """Fold the inbox into the tallies; returns how many rows it took. One folder at a time; others skip."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM labeling_tallydelta LIMIT %s) AS inbox", [limit])
        waiting: int = cursor.fetchone()[0]
        if waiting:
            cursor.execute(_FOLD, {"limit": limit})
        return waiting
