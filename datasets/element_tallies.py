"""Sums over compared items by class and by pair, from tallies that triggers maintain.
All are additive: sums over any set of cells are sums of the cells, and with squares and products they give the variance
between items. No request compares values or reads a row per item."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection, transaction

from datasets.tallies import Stratum

PLACE = ("labeler_id", "above_threshold", "sampling_rate", "auto_empty", "sampled", "blind")
SUMS = (
    "items", "auto_items", "human_items", "matched_items", "tp", "auto", "human", "matched", "edited", "agreement",
    "tp2", "auto2", "human2", "matched2", "edited2", "agreement2", "tp_auto", "tp_human", "auto_human",
    "agreement_matched",
)  # fmt: skip
PAIR_SUMS = ("items", "elements", "elements2", "agreement")

_FOLD = """
WITH gone AS (
  DELETE FROM {delta} WHERE id IN (SELECT id FROM {delta} ORDER BY id LIMIT %(limit)s) RETURNING *),
net AS (SELECT dataset_id, {cell}, {summed} FROM gone GROUP BY dataset_id, {cell})
INSERT INTO {tally} AS t (dataset_id, cell, {cell}, {sums})
  SELECT dataset_id, md5(ROW({cell})::text)::uuid, {cell}, {sums} FROM net
ON CONFLICT (dataset_id, cell) DO UPDATE SET {added}
"""
_INBOX = "SELECT count(*) FROM (SELECT 1 FROM {delta} LIMIT %(limit)s) AS inbox"
FOLD_LIMIT = 50_000
_FOLD_LOCK = 0x7A12


@dataclass(frozen=True, slots=True)
class Table:
    """A folded table of sums and its inbox. `cell`: the key columns; `sums`: the summed columns."""

    tally: str
    delta: str
    cell: tuple[str, ...]
    sums: tuple[str, ...]

    @property
    def inbox(self) -> str:
        """The statement that measures the inbox."""
        return _INBOX.format(delta=self.delta)

    @property
    def fold(self) -> str:
        """The statement that folds part of the inbox."""
        return _FOLD.format(
            tally=self.tally,
            delta=self.delta,
            cell=", ".join(self.cell),
            sums=", ".join(self.sums),
            summed=", ".join(f"sum({name}) AS {name}" for name in self.sums),
            added=", ".join(f"{name} = t.{name} + excluded.{name}" for name in self.sums),
        )


ELEMENTS = Table("labeling_elementtally", "labeling_elementdelta", (*PLACE, "name"), SUMS)
PAIRS = Table("labeling_pairtally", "labeling_pairdelta", (*PLACE, "auto_class", "human_class"), PAIR_SUMS)


@dataclass(frozen=True, slots=True)
class Elements:
    """Sums over the compared items of one stratum, for elements of one class (`name`; "": all classes): see
    `models.compared.ElementMoments`."""

    name: str
    stratum: Stratum
    sampled: bool
    blind: bool | None
    items: int
    auto_items: int
    human_items: int
    matched_items: int
    tp: int
    auto: int
    human: int
    matched: int
    edited: int
    agreement: float
    tp2: int
    auto2: int
    human2: int
    matched2: int
    edited2: int
    agreement2: float
    tp_auto: int
    tp_human: int
    auto_human: int
    agreement_matched: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Elements of one stratum predicted as `auto` and labeled `human`; "": no element on that side."""

    auto: str
    human: str
    stratum: Stratum
    sampled: bool
    items: int
    elements: int


assert tuple(field.name for field in fields(Elements))[4:] == SUMS  # noqa: S101 - rows are read in this order

_ELEMENTS = f"""
SELECT name, above_threshold, sampling_rate, auto_empty, sampled, blind, {", ".join(f"sum({one})" for one in SUMS)}
FROM ({{folded}}) AS sums
GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(items) <> 0
"""  # noqa: S608 - constants of this module
_PAIRS = """
SELECT auto_class, human_class, above_threshold, sampling_rate, auto_empty, sampled, sum(items), sum(elements)
FROM ({folded}) AS sums GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(elements) <> 0
"""


def elements(dataset_id: int) -> list[Elements]:
    """By class, exact at one snapshot; one row per class and stratum."""
    return [
        Elements(name, (above, rate, empty), sampled, blind, *_numbers(sums))
        for name, above, rate, empty, sampled, blind, *sums in _asked(_ELEMENTS, ELEMENTS, dataset_id)
    ]


def pairs(dataset_id: int) -> list[Pairs]:
    """By pair, exact at one snapshot."""
    return [
        Pairs(auto, human, (above, rate, empty), sampled, int(items), int(n))
        for auto, human, above, rate, empty, sampled, items, n in _asked(_PAIRS, PAIRS, dataset_id)
    ]


def _numbers(sums: Iterable[Any]) -> list[Any]:
    return [one if isinstance(one, float) else int(one) for one in sums]


def _asked(statement: str, table: Table, dataset_id: int) -> list[tuple[Any, ...]]:
    columns = ", ".join([*table.cell, *table.sums])
    folded = " UNION ALL ".join(
        f"SELECT {columns} FROM {name} WHERE dataset_id = %(dataset)s"  # noqa: S608 - constants of this module
        for name in (table.tally, table.delta)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.format(folded=folded), {"dataset": dataset_id})
        return list(cursor.fetchall())


def fold(limit: int = FOLD_LIMIT) -> int:
    """Fold the inboxes into the tallies; returns the number of rows. One folder at a time; others skip."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        return sum(_fold(table, limit) for table in (ELEMENTS, PAIRS))


def _fold(table: Table, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(table.inbox, {"limit": limit})
        waiting: int = cursor.fetchone()[0]
        if waiting:
            cursor.execute(table.fold, {"limit": limit})
        return waiting
