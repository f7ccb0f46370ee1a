"""The number of reviews per item: a setting of the dataset, copied to each item when it is sent to review.
Changing the setting changes no item by itself: a background pass applies it item by item."""

from dataclasses import dataclass

from django.db import connection, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.locking import lock_dataset
from datasets.models import Dataset, Resettlement
from ground.changing import change, check_seen, write
from ground.errors import InvalidInput
from ground.sql.prepared import prepared_cursor
from work.jobs import offer

MOST_REVIEWS = 9


def share_reviews(dataset: Dataset) -> int:
    """The dataset's number of reviews, locked against changes until the end of the transaction."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT reviews_per_item FROM labeling_dataset WHERE id = %s FOR SHARE", [dataset.pk])
        ((reviews,),) = cursor.fetchall()
    return int(reviews)


# A preview counts no further, as a user waits for it.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What another number of reviews would do; exact up to MOST_COUNTED.
    `settled`: items in the queue with enough answers. `waiting`: items that stay in the queue for more or fewer
    answers. `reopened`: decided items that would return to the queue."""

    settled: int
    waiting: int
    reopened: int


def reviews_state(dataset: Dataset) -> dict[str, int]:
    """The current number."""
    return {"reviews_per_item": dataset.reviews_per_item}


def change_reviews(
    *, dataset: Dataset, reviews: int, actor: User, reopen: bool = False, seen: str = ""
) -> Resettlement | None:
    """Set the number of reviews; returns the pass that applies it, or None if nothing changes.
    Items in the queue follow the new number. Conflicts stay with the managers. Decided items stay decided, unless
    `reopen`: those with fewer answers then return to the queue. Imported labels and adjudications are never reopened.
    Raises Stale, InvalidInput."""
    _check(reviews)
    with transaction.atomic():
        # Waits for flows that send items to review under the current number (they hold it FOR SHARE).
        row = lock_dataset(dataset)
        before = row.reviews_per_item
        check_seen(seen, reviews_state(row), {"reviews_per_item": reviews})
        if before == reviews and not reopen:
            return None
        write(row, {"reviews_per_item": reviews})
        dataset.reviews_per_item = reviews
        audit_log.record(
            actor=actor,
            action=AuditAction.REVIEWS_CHANGED,
            dataset_id=dataset.pk,
            target=dataset.name,
            details={"reviews_per_item": change(before, reviews), "reopen": reopen},
        )
        return offer(Resettlement(dataset=dataset, reviews=reviews, reopen=reopen, created_by=actor))


def _check(reviews: int) -> None:
    if not 1 <= reviews <= MOST_REVIEWS:
        raise InvalidInput(f"Ask for 1 to {MOST_REVIEWS} reviews an item.", field="reviews_per_item")


_COUNT = """
SELECT count(*) FROM (
  SELECT FROM labeling_item WHERE dataset_id = %(dataset)s AND {which} LIMIT %(most)s) AS counted
"""


_ENOUGH = "status = 'waiting' AND answers > 0 AND answers >= %(reviews)s AND lane <> 'unsure'"


_OTHERS = f"status = 'waiting' AND reviews_asked <> %(reviews)s AND NOT ({_ENOUGH})"


_REOPENED = "status = 'reviewed' AND answers > 0 AND answers < %(reviews)s AND reviews_asked > 0"


def preview_reviews(*, dataset: Dataset, reviews: int, reopen: bool) -> Preview:
    """A preview of `change_reviews`. Raises InvalidInput."""
    _check(reviews)
    params = {"dataset": dataset.pk, "reviews": reviews, "most": MOST_COUNTED}
    counts = []
    with connection.cursor() as cursor:
        for which in (_ENOUGH, _OTHERS, _REOPENED if reopen else "false"):
            cursor.execute(_COUNT.format(which=which), params)
            counts.append(int(cursor.fetchone()[0]))
    return Preview(*counts)
