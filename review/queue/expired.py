"""Claims that were not given back in time."""

from django.db import connection

from datasets.waiting_room import FREE

# Locked rows are skipped: whoever holds them is renewing, deciding or freeing them.
_FREE_EXPIRED = f"""
WITH expired AS MATERIALIZED (
  SELECT id FROM labeling_waiting WHERE claimed_by_id IS NOT NULL AND claimed_until < clock_timestamp()
  ORDER BY claimed_until LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE labeling_waiting AS w SET {FREE}
FROM expired WHERE w.id = expired.id
"""  # noqa: S608 - constants


def free_expired(limit: int = 1_000) -> int:
    """Give items whose claims have run out back to the queue; how many. The sweep does, and whoever finds too few."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE_EXPIRED, [limit])
        return int(cursor.rowcount)
