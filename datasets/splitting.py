"""Splits by a deterministic hash of the item's id, so that an item gets the same split in every import, copy and
repetition."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.locking import lock_dataset
from datasets.models import Dataset, Item, Split, SplitAssignment
from ground.changing import changes, check_seen
from ground.errors import Conflict, InvalidInput, LeaseLost
from work import jobs, leasing
from work.models import State

MAX_SHARES = 10
# Items per transaction: few, so that a decision on one of them does not wait long.
CHUNK = 5_000
# Up to this many are assigned within the request; larger datasets become a job.
AT_ONCE = 50_000
MILLION = 1_000_000

# Locked in id order, like everywhere, to avoid deadlocks.
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
    """The item's position in [0, 1), permanent. `_ASSIGN` computes the same in the database."""
    return int(hashlib.sha256(external_id.encode()).hexdigest()[:8], 16) / 2**32


def check_shares(shares: Mapping[str, Any]) -> dict[str, int]:
    """Split -> share in millionths; the last one is rounded so that they add up to 1. Raises InvalidInput."""
    if not 1 <= len(shares) <= MAX_SHARES:
        raise InvalidInput(f"Enter 1 to {MAX_SHARES} splits with their shares.", field="shares")
    for name, share in shares.items():
        if not 1 <= len(name.strip()) <= 50 or name != name.strip() or not name.isprintable():
            raise InvalidInput(f"A split's name must have 1 to 50 printable characters, not {name!r}.", field="shares")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InvalidInput(f"The share of {name} must be a number from 0 to 1, not {share!r}.", field="shares")
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise InvalidInput(
            f"The shares must add up to 1 (100%); these add up to {sum(shares.values()):g}.", field="shares"
        )
    millionths = {name: round(share * MILLION) for name, share in shares.items()}
    largest = max(millionths, key=lambda name: millionths[name])
    millionths[largest] += MILLION - sum(millionths.values())
    return millionths


def splits_state(dataset: Dataset) -> dict[str, Any]:
    """The splits, and who last assigned them."""
    last = dataset.split_assignments.values_list("pk", flat=True).first()
    return {"splits": sorted(dataset.splits.values_list("name", flat=True)), "_last": last}


def split_items(
    *, dataset: Dataset, shares: Mapping[str, float], actor: User, only_missing: bool = True, seen: str = ""
) -> int | SplitAssignment:
    """Assign items to splits by shares that add up to 1: returns how many changed, or the job for a large dataset.
    Raises InvalidInput, Stale, and Conflict while an assignment is running."""
    millionths = check_shares(shares)
    job = _begun(dataset, millionths, actor, only_missing=only_missing, seen=seen)
    if job.state == State.PENDING:
        return job
    try:
        while _assign_chunk(job):
            leasing.extend(SplitAssignment, job.pk, job.fence)
        leasing.finish(job, State.DONE)
    except LeaseLost:
        job.refresh_from_db()
        return job
    return job.moved


@transaction.atomic
def _begun(
    dataset: Dataset, millionths: Mapping[str, int], actor: User, *, only_missing: bool, seen: str
) -> SplitAssignment:
    """The job. It waits for a worker, or, if there is little to do, is held by this process: if that dies, a worker
    continues."""
    lock_dataset(dataset)
    before = splits_state(dataset)
    check_seen(seen, before, {"splits": sorted({*before["splits"], *millionths})})
    if dataset.split_assignments.filter(state__in=[State.PENDING, State.RUNNING]).exists():
        raise Conflict("Splits are already being assigned; wait until that is done.", code="splits_going")
    parts = [
        (Split.objects.get_or_create(dataset=dataset, name=name)[0].pk, share) for name, share in millionths.items()
    ]
    audit_log.record(
        actor=actor,
        action=AuditAction.SPLITS_ASSIGNED,
        dataset_id=dataset.pk,
        target=", ".join(millionths),
        details={
            "shares": {name: share / MILLION for name, share in millionths.items()},
            "items that have a split already": "keep it" if only_missing else "change it",
        }
        | changes(before, splits_state(dataset)),
    )
    many = Item.objects.filter(dataset=dataset).order_by("pk")[AT_ONCE:].exists()
    held: dict[str, Any] = {
        "state": State.RUNNING,
        "fence": 1,
        "attempt": 1,
        "owner": leasing.worker_name(),
        "lease_until": timezone.now() + timedelta(seconds=settings.LEASE_SECONDS),
        "started_at": timezone.now(),
    }
    return jobs.offer(
        SplitAssignment(
            dataset=dataset, parts=parts, only_missing=only_missing, created_by=actor, **({} if many else held)
        )
    )


def work_one_assignment() -> bool:
    """Claim and run one assignment; False if there is none."""
    return jobs.work_pass(
        SplitAssignment,
        lambda job: _items_after(job.dataset_id, job.position),
        lambda job, ids: _assign(job.dataset_id, ids, job.parts, only_missing=job.only_missing),
    )


def _assign_chunk(job: SplitAssignment) -> bool:
    """The next chunk of a job held by this process; False at its end. Raises LeaseLost."""
    with transaction.atomic():
        leasing.hold(job)
        ids = _items_after(job.dataset_id, job.position)
        if not ids:
            return False
        job.moved += _assign(job.dataset_id, ids, job.parts, only_missing=job.only_missing)
        job.position = ids[-1]
        SplitAssignment.objects.filter(pk=job.pk).update(position=job.position, moved=job.moved)
    return True


def _items_after(dataset_id: int, position: int) -> Sequence[int]:
    items = Item.objects.filter(dataset=dataset_id, pk__gt=position)
    return list(items.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _assign(dataset_id: int, ids: Sequence[int], parts: Sequence[Sequence[int]], *, only_missing: bool) -> int:
    """Assign a chunk of items; returns how many moved."""
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
    """The upper bound of each share, in (0, 1]."""
    return [total / MILLION for total in accumulate(millionths)]


JOB = jobs.JobKind("split", SplitAssignment, "Assignments of splits", work_one_assignment)
