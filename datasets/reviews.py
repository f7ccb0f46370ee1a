"""How many people are asked about each item: the number is the dataset's, and each item keeps the one it was put under.

Changing the number changes no item by itself: a pass in the background asks anew, item by item.
"""

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
    """The dataset's number of reviews, kept so until this transaction ends: a change of it waits."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT reviews_per_item FROM labeling_dataset WHERE id = %s FOR SHARE", [dataset.pk])
        ((reviews,),) = cursor.fetchall()
    return int(reviews)


# A preview counts no further: it is shown while somebody waits.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What another number of reviews would do; each is exact up to MOST_COUNTED, and ends there.

    `settled`: items that wait and have answers enough. `waiting`: others that wait, and will do so for more or fewer
    answers. `reopened`: decided items that would wait again.
    """

    settled: int
    waiting: int
    reopened: int


def reviews_state(dataset: Dataset) -> dict[str, int]:
    """The number as it stands."""
    return {"reviews_per_item": dataset.reviews_per_item}


def change_reviews(
    *, dataset: Dataset, reviews: int, actor: User, reopen: bool = False, seen: str = ""
) -> Resettlement | None:
    """Ask for this many reviews of each item from now on; the pass that asks anew, or None when nothing changes.

    Items that wait are asked about under the new number. Disputes stay with the managers. What people have decided
    stays decided, unless `reopen`: then it waits again where it has fewer answers than are asked for now. Imported
    labels and managers' decisions on disputes stand alone either way. Raises Stale, InvalidInput.
    """
    _check(reviews)
    with transaction.atomic():
        # Waits for whoever puts items to people under the present number (they hold it FOR SHARE).
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
    """What `change_reviews` would do. Raises InvalidInput."""
    _check(reviews)
    params = {"dataset": dataset.pk, "reviews": reviews, "most": MOST_COUNTED}
    counts = []
    with connection.cursor() as cursor:
        for which in (_ENOUGH, _OTHERS, _REOPENED if reopen else "false"):
            cursor.execute(_COUNT.format(which=which), params)
            counts.append(int(cursor.fetchone()[0]))
    return Preview(*counts)
