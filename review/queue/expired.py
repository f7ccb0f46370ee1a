"""Claims that were not given back in time."""

from django.db import connection

# Locked rows are skipped: whoever holds them is renewing, deciding or freeing them.
_FREE_EXPIRED = """
WITH expired AS MATERIALIZED (
  SELECT id FROM labeling_waiting WHERE claimed_by_id IS NOT NULL AND claimed_until < clock_timestamp()
  ORDER BY claimed_until LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE labeling_waiting AS w SET claimed_by_id = NULL, claimed_until = NULL, token = NULL
FROM expired WHERE w.id = expired.id
"""


def free_expired(limit: int = 1_000) -> int:
    """Give items whose claims have run out back to the queue; how many. The sweep does, and whoever finds too few."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE_EXPIRED, [limit])
        return int(cursor.rowcount)
