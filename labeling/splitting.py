"""Splits by a stable hash: an item's place follows from its id alone, so that the same item falls into the same split
in every import, every copy of a dataset and every repetition."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from django.db import connection, transaction

from labeling import doorbell, jobs
from labeling.errors import InvalidInput
from labeling.models import Dataset, Item, Split, SplitAssignment, User

MAX_SHARES = 10
# Items of one transaction: few enough that a decision on one of them never waits long.
CHUNK = 5_000
# Up to this many are assigned while the caller waits; a larger dataset is a worker's job.
AT_ONCE = 50_000
MILLION = 1_000_000

# Locked in the order of their ids, as every flow locks items, so that none waits for another in a circle.
_ASSIGN = """
WITH held AS (
  SELECT id, external_id FROM labeling_item
  WHERE dataset_id = %(dataset)s AND id > %(after)s AND id <= %(last)s AND (%(replace)s OR split_id IS NULL)
  ORDER BY id FOR NO KEY UPDATE),
placed AS (
  SELECT id, ('x' || substr(encode(sha256(convert_to(external_id, 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint
    / 4294967296.0::float8 AS place FROM held)
UPDATE labeling_item AS i SET split_id = s.split
FROM placed JOIN unnest(%(splits)s::bigint[], %(lows)s::float8[], %(highs)s::float8[]) AS s(split, low, high)
  ON placed.place >= s.low AND placed.place < s.high
WHERE i.id = placed.id AND i.split_id IS DISTINCT FROM s.split
"""


def place_of(external_id: str) -> float:
    """The item's place in [0, 1), the same for ever. `_ASSIGN` computes it in the database."""
    return int(hashlib.sha256(external_id.encode()).hexdigest()[:8], 16) / 2**32


def check_shares(shares: Mapping[str, Any]) -> dict[str, int]:
    """Split -> share in millionths, the last one rounded so that they make a whole. Raises InvalidInput."""
    if not 1 <= len(shares) <= MAX_SHARES:
        raise InvalidInput(f"Give 1 to {MAX_SHARES} splits with their shares.", field="shares")
    for name, share in shares.items():
        if not 1 <= len(name.strip()) <= 50 or name != name.strip() or not name.isprintable():
            raise InvalidInput(f"A split's name has 1 to 50 printable characters, not {name!r}.", field="shares")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InvalidInput(f"The share of {name} must be a number from 0 to 1, not {share!r}.", field="shares")
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise InvalidInput(
            f"The shares must make 1 (100%) in all; these make {sum(shares.values()):g}.", field="shares"
        )
    millionths = {name: round(share * MILLION) for name, share in shares.items()}
    largest = max(millionths, key=lambda name: millionths[name])
    millionths[largest] += MILLION - sum(millionths.values())
    return millionths


def split_items(
    *, dataset: Dataset, shares: Mapping[str, float], actor: User, only_missing: bool = True
) -> int | SplitAssignment:
    """Assign items to splits by shares that make 1: how many were given another split, or the job that goes on with
    a large dataset. Raises InvalidInput."""
    millionths = check_shares(shares)
    with transaction.atomic():
        parts = [
            (Split.objects.get_or_create(dataset=dataset, name=name)[0].pk, share) for name, share in millionths.items()
        ]
        if Item.objects.filter(dataset=dataset).order_by("pk")[AT_ONCE:].exists():
            doorbell.ring("labeling.work_splits")
            return SplitAssignment.objects.create(
                dataset=dataset, parts=parts, only_missing=only_missing, created_by=actor
            )
    moved, after = 0, 0
    while ids := _items_after(dataset.pk, after):
        with transaction.atomic():
            moved += _assign(dataset.pk, ids, parts, only_missing=only_missing)
        after = ids[-1]
    return moved


def work_one_assignment() -> bool:
    """Claim and carry out one assignment of splits; False when there is none."""
    return jobs.work_pass(
        SplitAssignment,
        lambda job: _items_after(job.dataset_id, job.position),
        lambda job, ids: _assign(job.dataset_id, ids, job.parts, only_missing=job.only_missing),
    )


def _items_after(dataset_id: int, position: int) -> Sequence[int]:
    items = Item.objects.filter(dataset=dataset_id, pk__gt=position)
    return list(items.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _assign(dataset_id: int, ids: Sequence[int], parts: Sequence[Sequence[int]], *, only_missing: bool) -> int:
    """Assign a chunk of items: how many moved."""
    highs = _running([share for _, share in parts])
    values: dict[str, Any] = {
        "dataset": dataset_id,
        "after": ids[0] - 1,
        "last": ids[-1],
        "replace": not only_missing,
        "splits": [split for split, _ in parts],
        "lows": [0.0, *highs[:-1]],
        "highs": highs,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, values)
        return int(cursor.rowcount)


def _running(millionths: Sequence[int]) -> list[float]:
    """Where each share ends, in (0, 1]."""
    return [total / MILLION for total in accumulate(millionths)]
