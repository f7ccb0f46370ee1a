"""Sending items to review that have no prediction yet."""

from django.db import connection, transaction

from accounts import audit_log
from accounts.models import AuditAction, User
from datasets.models import Dataset
from datasets.reviews import share_reviews
from datasets.waiting_room import NEW, OPEN
from ground.errors import InvalidInput

MAX_AT_ONCE = 100_000

# Highest draws first: the lowest are the random sample for measuring accuracy, which must not be used for training.
_ENQUEUE = f"""
WITH chosen AS MATERIALIZED (
  SELECT id, draw FROM labeling_item WHERE dataset_id = %(dataset)s AND status = 'pending'
  ORDER BY draw DESC LIMIT %(count)s FOR UPDATE SKIP LOCKED),
moved AS (
  UPDATE labeling_item AS i SET status = 'waiting', lane = 'manual', requested = true, reviews_asked = %(reviews)s
  FROM chosen WHERE i.id = chosen.id RETURNING i.id, chosen.draw)
{OPEN}
SELECT id, %(dataset)s, slot, 'manual', false, false, draw, {NEW}
FROM moved, generate_series(0, %(reviews)s - 1) AS slots (slot)
ON CONFLICT (item_id, slot) DO NOTHING
"""  # noqa: S608 - constants


def send_to_review(*, dataset: Dataset, actor: User, count: int) -> int:
    """Send up to `count` random pending items to review (lane manual); returns how many there were."""
    if not 1 <= count <= MAX_AT_ONCE:
        raise InvalidInput(f"Send between 1 and {MAX_AT_ONCE:,} items at once.", field="count")
    with transaction.atomic(), connection.cursor() as cursor:
        reviews = share_reviews(dataset)
        cursor.execute(_ENQUEUE, {"dataset": dataset.pk, "count": count, "reviews": reviews})
        sent = int(cursor.rowcount) // reviews
        if sent:
            audit_log.record(
                actor=actor,
                action=AuditAction.ITEMS_SENT,
                dataset_id=dataset.pk,
                target=dataset.name,
                details={"items": sent},
            )
        return sent
